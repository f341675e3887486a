/** "Register model…": a run's logged model becomes a version of a registered model. */
import * as React from 'react';
import { useAction } from '../core/action';
import { ask, Buttons, IDialogProps } from '../core/dialog';
import { SelectField, TextField } from '../core/form';
import { useLive } from '../core/live';
import { Trouble } from '../core/states';
import type { ModelVersion, RegisteredModel, RegisterRequest } from '../core/types';
import { IWorkbench, useWorkbench, word } from '../core/workbench';

/** Arguments: `run`, the MLflow run's id; `models`, the names it logged. Opens the model it registered. */
export async function registerModel(workbench: IWorkbench, args: Record<string, unknown>): Promise<void> {
  const models = Array.isArray(args.models) ? args.models.map(String) : [];
  const version = await ask<ModelVersion>(workbench, workbench.trans.__('Register model'), props => (
    <RegisterForm {...props} run={word(args, 'run')} models={models} />
  ));
  if (version) {
    workbench.open({ room: 'models', id: version.model });
  }
}

interface IFormProps extends IDialogProps<ModelVersion> {
  run: string;
  models: string[];
}

function RegisterForm({ run, models, done, cancel }: IFormProps): React.ReactElement {
  const { api, trans } = useWorkbench();
  const action = useAction();
  const known = useLive('models', () => api.get<RegisteredModel[]>('models'), { interval: 0 });
  const [name, setName] = React.useState('');
  const [model, setModel] = React.useState(models[0] ?? '');
  const [alias, setAlias] = React.useState('');
  const [description, setDescription] = React.useState('');
  const submit = async (): Promise<void> => {
    const request: RegisterRequest = { name: name.trim(), run, model, alias: alias.trim(), description };
    let version: ModelVersion | undefined;
    if (await action.run(async () => (version = await api.write<ModelVersion>('POST', 'models', request)))) {
      done(version as ModelVersion);
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
        label={trans.__('Model name')}
        hint={trans.__('A new name makes a new model; a known one gets a new version.')}
        name="name"
        problem={action.problem}
        value={name}
        onChange={setName}
        required
        autoFocus
        maxLength={120}
        list={known.data?.map(each => each.name)}
      />
      {models.length > 1 && (
        <SelectField
          label={trans.__('Logged model')}
          name="model"
          problem={action.problem}
          value={model}
          options={models.map(value => ({ value, label: value }))}
          onChange={setModel}
        />
      )}
      <TextField
        label={trans.__('Alias (optional)')}
        hint={trans.__(
          'For example %1. Deployments and notebooks can ask for it instead of a number.',
          'champion'
        )}
        name="alias"
        problem={action.problem}
        value={alias}
        onChange={setAlias}
        maxLength={64}
      />
      <TextField
        label={trans.__('Description (optional)')}
        name="description"
        problem={action.problem}
        value={description}
        onChange={setDescription}
        maxLength={4000}
      />
      {action.problem && <Trouble problem={action.problem} line />}
      <Buttons verb={trans.__('Register')} cancel={cancel} busy={action.busy} disabled={!name.trim()} />
    </form>
  );
}
