/** Try it: a form made from the model's signature, the endpoint's answer, and the same call to copy. */
import * as React from 'react';
import { useAction } from '../core/action';
import { Field, SelectField, TextField } from '../core/form';
import { Section, Snippet } from '../core/parts';
import { Trouble } from '../core/states';
import type { Column, Deployment, Problem, Signature } from '../core/types';
import { useWorkbench } from '../core/workbench';
import { curl, invocations, python, rowBody, startBody, startTexts } from './calls';

interface ITryProps {
  deployment: Deployment;
  signature: Signature | null | undefined;
}

export function TryIt({ deployment, signature }: ITryProps): React.ReactElement {
  const { api, trans, publicUrl } = useWorkbench();
  const action = useAction();
  const columns = signature && !signature.tensor ? signature.inputs : [];
  const [texts, setTexts] = React.useState(() => (signature ? startTexts(signature) : {}));
  const [raw, setRaw] = React.useState(() => startBody(signature));
  const [answer, setAnswer] = React.useState<string>();
  const body = columns.length > 0 ? rowBody(columns, texts) : raw;
  const address = invocations(deployment, publicUrl());
  const submit = (): Promise<boolean> => {
    setAnswer(undefined);
    return action.run(async () => setAnswer(pretty(await api.invoke(deployment.id, body))));
  };
  return (
    <>
      <form
        className="nb-form"
        onSubmit={event => {
          event.preventDefault();
          void submit();
        }}
      >
        {columns.length > 0 ? (
          <div className="nb-columns">
            {columns.map(column => (
              <ColumnField
                key={column.name}
                column={column}
                problem={action.problem}
                value={texts[column.name] ?? ''}
                onChange={text => setTexts({ ...texts, [column.name]: text })}
              />
            ))}
          </div>
        ) : (
          <RawField value={raw} onChange={setRaw} />
        )}
        <p>
          <button
            type="submit"
            className="nb-button nb-primary"
            disabled={action.busy || deployment.observed !== 'ready'}
            aria-busy={action.busy}
          >
            {trans.__('Ask the model')}
          </button>{' '}
          {deployment.observed !== 'ready' && (
            <span className="nb-hint">{trans.__('It answers as soon as it is ready.')}</span>
          )}
        </p>
      </form>
      <div aria-live="polite">
        {action.problem && <Trouble problem={action.problem} line />}
        {answer !== undefined && (
          <Section title={trans.__('Answer')}>
            <pre className="nb-answer" tabIndex={0}>
              {answer}
            </pre>
          </Section>
        )}
      </div>
      <Section title={trans.__('The same from elsewhere')}>
        <p className="nb-hint">
          {trans.__('Put a token of yours into the environment variable %1 first.', 'NOTEBENCH_TOKEN')}
        </p>
        <Snippet label="curl" code={curl(address, body)} />
        <Snippet label="Python" code={python(address, body)} />
      </Section>
    </>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

interface IColumnFieldProps {
  column: Column;
  value: string;
  problem: Problem | undefined;
  onChange(value: string): void;
}

function ColumnField({ column, value, problem, onChange }: IColumnFieldProps): React.ReactElement {
  const { trans } = useWorkbench();
  const hint = column.required ? column.type : `${column.type}, ${trans.__('optional')}`;
  const shared = { label: column.name, hint, name: column.name, problem, value, onChange };
  if (column.type === 'boolean' || column.type === 'bool') {
    const options = ['', 'true', 'false'].map(word => ({ value: word, label: word || '–' }));
    return <SelectField {...shared} options={options} />;
  }
  return <TextField {...shared} required={column.required} />;
}

function RawField({ value, onChange }: { value: string; onChange(value: string): void }): React.ReactElement {
  const { trans } = useWorkbench();
  return (
    <Field
      label={trans.__('Input as JSON')}
      hint={trans.__('The body of a request to %1, in one of MLflow’s formats.', '/invocations')}
    >
      {attributes => (
        <textarea
          {...attributes}
          className="nb-input nb-code"
          rows={8}
          spellCheck={false}
          value={value}
          onChange={event => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
