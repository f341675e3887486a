/** One registered model: versions, their aliases, and the way to an endpoint. */
import * as React from 'react';
import { useAction } from '../core/action';
import { at } from '../core/api';
import { RecordLink } from '../core/link';
import { useLive } from '../core/live';
import { OriginFacts } from '../core/origin';
import { Section, ViewHeader } from '../core/parts';
import { ChangeButton, useRefusal } from '../core/rights';
import { Empty, LiveView, Trouble } from '../core/states';
import type { ModelVersion, RegisteredModel } from '../core/types';
import { CommandIds, useWorkbench } from '../core/workbench';
import { dateTime } from '../core/words';

export function ModelDetails({ id }: { id: string }): React.ReactElement {
  const { api, trans, execute } = useWorkbench();
  const live = useLive(`model:${id}`, () => api.get<RegisteredModel>(at('models', id)), { interval: 10_000 });
  const deploy = (version = ''): void => void execute(CommandIds.deploy, { model: id, version });
  return (
    <div className="nb-view">
      <LiveView live={live}>
        {model => (
          <>
            <ViewHeader title={model.name} record={{ room: 'models', id: model.name }}>
              <ChangeButton className="nb-button nb-primary" onClick={() => deploy()}>
                {trans.__('Deploy…')}
              </ChangeButton>
            </ViewHeader>
            {model.description && <p>{model.description}</p>}
            <Section title={trans.__('Versions')}>
              {model.versions.length === 0 && (
                <Empty
                  title={trans.__('No versions')}
                  hint={trans.__('Register a run’s model under this name to add one.')}
                />
              )}
              {model.versions.map(version => (
                <Version
                  key={version.version}
                  version={version}
                  refresh={live.refresh}
                  deploy={() => deploy(version.version)}
                />
              ))}
            </Section>
          </>
        )}
      </LiveView>
    </div>
  );
}

interface IVersionProps {
  version: ModelVersion;
  refresh(): void;
  deploy(): void;
}

function Version({ version, refresh, deploy }: IVersionProps): React.ReactElement {
  const { trans, language } = useWorkbench();
  return (
    <article className="nb-card" aria-label={trans.__('Version %1', version.version)}>
      <header className="nb-bar">
        <strong>{trans.__('Version %1', version.version)}</strong>
        <span className="nb-hint nb-grow">
          {dateTime(version.created, language)} · {version.status}
        </span>
        <ChangeButton className="nb-button" onClick={deploy}>
          {trans.__('Deploy…')}
        </ChangeButton>
      </header>
      <Aliases version={version} refresh={refresh} />
      {version.description && <p>{version.description}</p>}
      {version.run && (
        <p>
          <RecordLink to={{ room: 'mlflow-runs', id: version.run }}>
            {trans.__('The run it came from')}
          </RecordLink>
        </p>
      )}
      <details>
        <summary>{trans.__('Origin')}</summary>
        <OriginFacts origin={version.origin} />
      </details>
    </article>
  );
}

function Aliases({ version, refresh }: { version: ModelVersion; refresh(): void }): React.ReactElement {
  const { api, trans } = useWorkbench();
  const action = useAction();
  const refusal = useRefusal();
  const [name, setName] = React.useState('');
  const route = (alias: string): string => at('models', version.model, 'aliases', alias);
  const change = async (work: () => Promise<unknown>): Promise<void> => {
    if (await action.run(work)) {
      setName('');
      refresh();
    }
  };
  return (
    <>
      <form
        className="nb-bar nb-aliases"
        onSubmit={event => {
          event.preventDefault();
          void change(() => api.write('PUT', route(name.trim()), { version: version.version }));
        }}
      >
        {version.aliases.map(alias => (
          <span key={alias} className="nb-chip">
            @{alias}
            <ChangeButton
              aria-label={trans.__('Remove the alias %1', alias)}
              disabled={action.busy}
              onClick={() => void change(() => api.write('DELETE', route(alias)))}
            >
              ✕
            </ChangeButton>
          </span>
        ))}
        <input
          className="nb-input nb-short"
          aria-label={trans.__('New alias for version %1', version.version)}
          placeholder={trans.__('New alias')}
          value={name}
          maxLength={64}
          pattern="[A-Za-z][A-Za-z0-9_\-]*"
          required
          disabled={refusal !== ''}
          title={refusal}
          onChange={event => setName(event.target.value)}
        />
        <ChangeButton type="submit" className="nb-button" disabled={action.busy}>
          {trans.__('Set alias')}
        </ChangeButton>
      </form>
      {action.problem && <Trouble problem={action.problem} line />}
    </>
  );
}
