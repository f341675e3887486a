/** "Deploy…": a model version gets a name, an image, hardware and an address. */
import * as React from 'react';
import { useAction } from '../core/action';
import { at } from '../core/api';
import { ask, Buttons, IDialogProps } from '../core/dialog';
import { SelectField, TextField } from '../core/form';
import { useLive } from '../core/live';
import { IPlace, PlaceFields } from '../core/places';
import { Trouble } from '../core/states';
import type { Deployment, DeployRequest, RegisteredModel } from '../core/types';
import { IWorkbench, useWorkbench, word } from '../core/workbench';

/** Arguments: `model`, and `version` (a number or `@alias`; empty for the newest). Opens the deployment. */
export async function deploy(workbench: IWorkbench, args: Record<string, unknown>): Promise<void> {
  const model = word(args, 'model');
  const title = workbench.trans.__('Deploy %1', model);
  const deployment = await ask<Deployment>(workbench, title, props => (
    <DeployForm {...props} model={model} version={word(args, 'version')} />
  ));
  if (deployment) {
    workbench.open({ room: 'deployments', id: deployment.name });
  }
}

/** A name that may be part of an address, made from the model's. */
export function suggestion(model: string): string {
  const plain = model.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return plain.slice(0, 40).replace(/^-+|-+$/g, '');
}

interface IFormProps extends IDialogProps<Deployment> {
  model: string;
  version: string;
}

function DeployForm({ model, version, done, cancel }: IFormProps): React.ReactElement {
  const { api, trans } = useWorkbench();
  const action = useAction();
  const known = useLive(`model:${model}`, () => api.get<RegisteredModel>(at('models', model)), {
    interval: 0
  });
  const [name, setName] = React.useState(suggestion(model));
  const [chosen, setChosen] = React.useState(version);
  const [place, setPlace] = React.useState<IPlace>({ image: '', profile: '' });
  const submit = async (): Promise<void> => {
    const request: DeployRequest = { model, version: chosen, ...place, replicas: 1 };
    let deployment: Deployment | undefined;
    const route = at('deployments', name);
    if (await action.run(async () => (deployment = await api.write<Deployment>('PUT', route, request)))) {
      done(deployment as Deployment);
    }
  };
  return (
    <form
      className="nb-form"
      onSubmit={event => {
        event.preventDefault();
        void submit();
      }}
    >
      <TextField
        label={trans.__('Deployment name')}
        hint={trans.__('1 to 40 lower-case letters, digits and inner dashes. A known name is replaced.')}
        name="name"
        problem={action.problem}
        value={name}
        onChange={setName}
        pattern="[a-z0-9]([a-z0-9\-]{0,38}[a-z0-9])?"
        required
        autoFocus
        maxLength={40}
      />
      <SelectField
        label={trans.__('Version')}
        name="version"
        problem={action.problem}
        value={chosen}
        options={versions(known.data, chosen, trans.__('Newest'))}
        onChange={setChosen}
      />
      <PlaceFields value={place} onChange={setPlace} problem={action.problem} />
      <p className="nb-hint">{trans.__('The default image is the one in which the model was trained.')}</p>
      <p className="nb-hint">
        {trans.__(
          'Loading a model runs its code, as you: it can read your files and open connections. Deploy what you trust.'
        )}
      </p>
      {action.problem && <Trouble problem={action.problem} line />}
      <Buttons verb={trans.__('Deploy')} cancel={cancel} busy={action.busy} disabled={!name} />
    </form>
  );
}

function versions(
  model: RegisteredModel | undefined,
  chosen: string,
  newest: string
): { value: string; label: string }[] {
  const values = [
    '',
    ...Object.keys(model?.aliases ?? {}).map(alias => `@${alias}`),
    ...(model?.versions.map(each => each.version) ?? [])
  ];
  if (!values.includes(chosen)) {
    values.push(chosen);
  }
  return values.map(value => ({ value, label: value || newest }));
}
