/** One deployment: wished and seen state, address, the form to try it, logs, and the switches. */
import * as React from 'react';
import { useAction } from '../core/action';
import { at } from '../core/api';
import { confirm } from '../core/dialog';
import { RecordLink } from '../core/link';
import { useLive } from '../core/live';
import { Logs } from '../core/logs';
import { Facts, Tabs, ViewHeader } from '../core/parts';
import { ChangeButton } from '../core/rights';
import { Loading, LiveView, Trouble } from '../core/states';
import type { Deployment, Signature } from '../core/types';
import { useWorkbench } from '../core/workbench';
import { dateTime } from '../core/words';
import { DeploymentState, desiredWords, observedWords, settled } from './state';
import { TryIt } from './try';

export function DeploymentDetails({ id }: { id: string }): React.ReactElement {
  const { api } = useWorkbench();
  const [fast, setFast] = React.useState(true);
  const live = useLive(`deployment:${id}`, () => api.get<Deployment>(at('deployments', id)), {
    interval: fast ? 2_000 : 8_000
  });
  const calm = live.data !== undefined && settled(live.data);
  React.useEffect(() => setFast(!calm), [calm]);
  return (
    <div className="nb-view">
      <LiveView live={live}>
        {deployment => <Loaded deployment={deployment} refresh={live.refresh} />}
      </LiveView>
    </div>
  );
}

interface ILoadedProps {
  deployment: Deployment;
  refresh(): void;
}

function Loaded({ deployment, refresh }: ILoadedProps): React.ReactElement {
  const { trans, publicUrl } = useWorkbench();
  return (
    <>
      <Head deployment={deployment} refresh={refresh} />
      <p className="nb-hint">
        <RecordLink to={{ room: 'models', id: deployment.model }}>
          {deployment.model} {deployment.version}
        </RecordLink>
        {' · '}
        {trans.__('Desired: %1', desiredWords(deployment.desired, trans))}
        {' · '}
        {trans.__('Observed: %1', observedWords(deployment.observed, trans)[1])}
        {deployment.endpoint && (
          <>
            {' · '}
            <code>{new URL(deployment.endpoint, publicUrl() || window.location.href).href}</code>
          </>
        )}
      </p>
      {deployment.reason && (
        <p
          className={deployment.observed === 'failing' ? 'nb-trouble nb-trouble-line' : 'nb-hint'}
          role="status"
        >
          {deployment.reason}
        </p>
      )}
      <Tabs
        label={trans.__('Details')}
        tabs={[
          { id: 'try', label: trans.__('Try it'), render: () => <WithSignature deployment={deployment} /> },
          {
            id: 'facts',
            label: trans.__('Details'),
            render: () => <DeploymentFacts deployment={deployment} />
          },
          {
            id: 'logs',
            label: trans.__('Log'),
            render: () => <Logs path={`${at('deployments', deployment.name)}/logs`} live />
          }
        ]}
      />
    </>
  );
}

function Head({ deployment, refresh }: ILoadedProps): React.ReactElement {
  const workbench = useWorkbench();
  const { api, trans } = workbench;
  const action = useAction();
  const serving = deployment.desired === 'serving';
  const toggle = async (): Promise<void> => {
    const route = `${at('deployments', deployment.name)}/desired`;
    await action.run(() => api.write('PUT', route, { desired: serving ? 'stopped' : 'serving' }));
    refresh();
  };
  const remove = async (): Promise<void> => {
    const text = trans.__('Its address stops answering. The model version stays.');
    const title = trans.__('Delete the deployment %1?', deployment.name);
    if (!(await confirm(workbench, title, text, trans.__('Delete')))) {
      return;
    }
    if (await action.run(() => api.write('DELETE', at('deployments', deployment.name)))) {
      workbench.open({ room: 'deployments' });
    }
  };
  return (
    <>
      <ViewHeader
        title={deployment.name}
        record={{ room: 'deployments', id: deployment.name }}
        state={<DeploymentState deployment={deployment} />}
      >
        <ChangeButton className="nb-button" disabled={action.busy} onClick={() => void toggle()}>
          {serving ? trans.__('Stop') : trans.__('Start')}
        </ChangeButton>
        <ChangeButton className="nb-button nb-danger" disabled={action.busy} onClick={() => void remove()}>
          {trans.__('Delete…')}
        </ChangeButton>
      </ViewHeader>
      {action.problem && <Trouble problem={action.problem} line />}
    </>
  );
}

/** The signature comes with the deployment, or is asked for once. */
function WithSignature({ deployment }: { deployment: Deployment }): React.ReactElement {
  const { api } = useWorkbench();
  const route = `${at('models', deployment.model, 'versions', deployment.version)}/signature`;
  const live = useLive(
    `signature:${deployment.model}:${deployment.version}`,
    async () => deployment.signature ?? (await api.get<Signature>(route)),
    { interval: 0 }
  );
  if (live.data === undefined && !live.problem) {
    return <Loading />;
  }
  return (
    <>
      {live.problem && <Trouble problem={live.problem} retry={live.refresh} line />}
      <TryIt deployment={deployment} signature={live.data} key={live.data ? 'form' : 'raw'} />
    </>
  );
}

function DeploymentFacts({ deployment }: { deployment: Deployment }): React.ReactElement {
  const { trans, language } = useWorkbench();
  return (
    <Facts
      facts={[
        [
          trans.__('Model version'),
          <RecordLink key="model" to={{ room: 'models', id: deployment.model }}>
            {deployment.model} {deployment.version}
          </RecordLink>
        ],
        [trans.__('Desired state'), desiredWords(deployment.desired, trans)],
        [trans.__('Observed state'), observedWords(deployment.observed, trans)[1]],
        [trans.__('Restarts'), String(deployment.restarts)],
        [trans.__('Address'), deployment.endpoint && <code key="address">{deployment.endpoint}</code>],
        [trans.__('User'), deployment.user],
        [
          trans.__('Acting for'),
          deployment.acting_for === 'personal' ? trans.__('Personal') : deployment.acting_for
        ],
        [trans.__('Image'), deployment.image],
        [trans.__('Identity'), <code key="identity">{deployment.identity}</code>],
        [trans.__('Hardware profile'), deployment.profile],
        [trans.__('Created'), dateTime(deployment.created, language)],
        [trans.__('Updated'), dateTime(deployment.updated, language)]
      ]}
    />
  );
}
