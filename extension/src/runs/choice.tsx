/** What the run and the schedule dialogs share: notebook, parameters, image and profile. */
import * as React from 'react';
import { TextField } from '../core/form';
import { IPlace, PlaceFields } from '../core/places';
import { problemOf, refused } from '../core/problem';
import { Loading, Trouble } from '../core/states';
import type { Problem } from '../core/types';
import { useWorkbench, word } from '../core/workbench';
import { ParameterFields, startParameters } from './parameters';
import { IParameter, values, WrongValue } from './values';

/** What a command may prefill. */
export interface IStart {
  notebook: string;
  parameters: Record<string, unknown>;
  place: IPlace;
}

export function startOf(args: Record<string, unknown>): IStart {
  return {
    notebook: word(args, 'notebook'),
    parameters: (args.parameters as Record<string, unknown> | undefined) ?? {},
    place: { image: word(args, 'image'), profile: word(args, 'profile') }
  };
}

export interface IChoice {
  notebook: string;
  parameters: IParameter[];
  place: IPlace;
}

/** The choice's state; `ready` when the notebook's parameters are read. */
export function useChoice(start: IStart): {
  choice: IChoice;
  set(change: Partial<IChoice>): void;
  /** Reads another notebook's parameters, where that is possible. */
  read(notebook: string): void;
  hasCell: boolean | undefined;
  ready: boolean;
  problem: Problem | undefined;
} {
  const workbench = useWorkbench();
  const [choice, setChoice] = React.useState<IChoice>({
    notebook: start.notebook,
    parameters: [],
    place: start.place
  });
  const [hasCell, setHasCell] = React.useState<boolean>();
  const [ready, setReady] = React.useState(false);
  const [problem, setProblem] = React.useState<Problem>();
  const asked = React.useRef<string>(undefined);
  const read = (notebook: string): void => {
    if (asked.current === notebook || (asked.current !== undefined && !workbench.openFile)) {
      return;
    }
    asked.current = notebook;
    setProblem(undefined);
    startParameters(workbench, notebook, start.parameters)
      .then(found => {
        setHasCell(found.hasCell);
        setChoice(old => ({ ...old, parameters: found.parameters }));
      })
      .catch((thrown: unknown) => setProblem(problemOf(thrown, workbench.trans)))
      .finally(() => setReady(true));
  };
  React.useEffect(() => read(start.notebook), []);
  const set = (change: Partial<IChoice>): void => setChoice(old => ({ ...old, ...change }));
  return { choice, set, read, hasCell, ready, problem };
}

/** The parameters as values; a WrongValue becomes a sentence for the reader. */
export function useValues(): (choice: IChoice) => Record<string, unknown> {
  const { trans } = useWorkbench();
  return choice => {
    try {
      return values(choice.parameters);
    } catch (thrown) {
      if (thrown instanceof WrongValue) {
        throw refused(
          trans.__('The value of %1 does not fit its type %2.', thrown.parameter, thrown.type),
          trans.__('Write lists and dictionaries as JSON, numbers with a point.'),
          thrown.parameter
        );
      }
      throw thrown;
    }
  };
}

interface IChoiceFieldsProps {
  state: ReturnType<typeof useChoice>;
  fixed: boolean;
  problem: Problem | undefined;
}

export function ChoiceFields({ state, fixed, problem }: IChoiceFieldsProps): React.ReactElement {
  const { trans } = useWorkbench();
  const { choice, set } = state;
  return (
    <>
      {fixed ? (
        <p>
          {trans.__('Notebook')}: <strong>{choice.notebook}</strong>
        </p>
      ) : (
        <TextField
          label={trans.__('Notebook')}
          hint={trans.__('Its path in your files, for example %1.', 'tour/wine.ipynb')}
          name="notebook"
          problem={problem}
          value={choice.notebook}
          onChange={notebook => set({ notebook })}
          onBlur={() => choice.notebook.endsWith('.ipynb') && state.read(choice.notebook)}
          required
          autoFocus
          maxLength={1024}
        />
      )}
      {state.problem && <Trouble problem={state.problem} line />}
      {state.ready ? (
        <>
          {state.hasCell === false && <NoCell />}
          <ParameterFields parameters={choice.parameters} onChange={parameters => set({ parameters })} />
        </>
      ) : (
        <Loading />
      )}
      <PlaceFields value={choice.place} onChange={place => set({ place })} problem={problem} />
    </>
  );
}

function NoCell(): React.ReactElement {
  const { trans } = useWorkbench();
  return (
    <p className="nb-hint">
      {trans.__(
        'This notebook has no parameters cell. Select the cell that assigns them and choose “%1” in the toolbar.',
        trans.__('Make this the parameters cell')
      )}
    </p>
  );
}
