/** A run's artifacts: a tree of folders and a preview. HTML that people made is shown in a sandboxed frame only. */
import * as React from 'react';
import { at } from '../core/api';
import { useLive } from '../core/live';
import { LiveView } from '../core/states';
import type { ArtifactEntry } from '../core/types';
import { useWorkbench } from '../core/workbench';
import { bytes } from '../core/words';

const PREVIEW_BYTES = 512 * 1024;
const IMAGES = /\.(png|jpe?g|gif|webp|svg)$/i;
const TEXTS =
  /\.(txt|md|json|ya?ml|csv|tsv|log|py|sh|toml|cfg|ini|xml|sql|r)$|(^|\/)(MLmodel|requirements\.txt)$/i;
const HTML = /\.html?$/i;

interface IFolderProps {
  run: string;
  path: string;
  chosen: string;
  onChoose(entry: ArtifactEntry): void;
}

function Folder({ run, path, chosen, onChoose }: IFolderProps): React.ReactElement {
  const { api, trans, language } = useWorkbench();
  const live = useLive(
    `artifacts:${run}:${path}`,
    () => api.get<ArtifactEntry[]>(`${at('mlflow-runs', run)}/artifacts`, { path }),
    { interval: 0 }
  );
  return (
    <LiveView
      live={live}
      isEmpty={entries => entries.length === 0}
      empty={<p className="nb-hint">{trans.__('No artifacts.')}</p>}
    >
      {entries => (
        <ul className="nb-tree">
          {entries.map(entry => (
            <li key={entry.path}>
              {entry.folder ? (
                <Branch run={run} path={entry.path} chosen={chosen} onChoose={onChoose} />
              ) : (
                <button
                  type="button"
                  className="nb-link"
                  aria-pressed={entry.path === chosen}
                  onClick={() => onChoose(entry)}
                >
                  {leaf(entry.path)} <small>{bytes(entry.size, language)}</small>
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </LiveView>
  );
}

function Branch(props: IFolderProps): React.ReactElement {
  const [open, setOpen] = React.useState(false);
  return (
    <details onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>{leaf(props.path)}</summary>
      {open && <Folder {...props} />}
    </details>
  );
}

function leaf(path: string): string {
  return path.split('/').pop() ?? path;
}

export function Artifacts({ run }: { run: string }): React.ReactElement {
  const { trans } = useWorkbench();
  const [entry, setEntry] = React.useState<ArtifactEntry>();
  return (
    <div className="nb-split">
      <nav aria-label={trans.__('Artifacts')}>
        <Folder run={run} path="" chosen={entry?.path ?? ''} onChoose={setEntry} />
      </nav>
      <div aria-live="polite">
        {entry ? (
          <Preview run={run} entry={entry} />
        ) : (
          <p className="nb-hint">{trans.__('Choose a file to see it.')}</p>
        )}
      </div>
    </div>
  );
}

function Preview({ run, entry }: { run: string; entry: ArtifactEntry }): React.ReactElement {
  const { api, trans } = useWorkbench();
  const route = `${at('mlflow-runs', run)}/artifact`;
  const small = (entry.size ?? 0) <= PREVIEW_BYTES;
  const image = IMAGES.test(entry.path);
  const text = TEXTS.test(entry.path);
  const html = HTML.test(entry.path);
  return (
    <div className="nb-preview">
      <p className="nb-bar">
        <strong className="nb-grow">{entry.path}</strong>
        <a className="nb-button" href={api.address(route, { path: entry.path })} download={leaf(entry.path)}>
          {trans.__('Download')}
        </a>
      </p>
      {small && image && <ImagePreview route={route} path={entry.path} />}
      {small && text && <TextPreview route={route} path={entry.path} />}
      {small && html && <HtmlPreview route={route} path={entry.path} />}
      {!(small && (image || text || html)) && (
        <p className="nb-hint">
          {small ? trans.__('This kind of file has no preview.') : trans.__('Too large for a preview.')}
        </p>
      )}
    </div>
  );
}

interface IPreviewProps {
  route: string;
  path: string;
}

function TextPreview({ route, path }: IPreviewProps): React.ReactElement {
  const { api } = useWorkbench();
  const live = useLive(`text:${route}:${path}`, () => api.text(route, { path }), { interval: 0 });
  return <LiveView live={live}>{text => <pre tabIndex={0}>{text}</pre>}</LiveView>;
}

function HtmlPreview({ route, path }: IPreviewProps): React.ReactElement {
  const { api } = useWorkbench();
  const live = useLive(`html:${route}:${path}`, () => api.text(route, { path }), { interval: 0 });
  return (
    <LiveView live={live}>
      {text => (
        <iframe
          className="nb-frame"
          sandbox=""
          srcDoc={text}
          title={leaf(path)}
          referrerPolicy="no-referrer"
        />
      )}
    </LiveView>
  );
}

/** As an image element: scripts inside an SVG do not run there. */
function ImagePreview({ route, path }: IPreviewProps): React.ReactElement {
  const { api } = useWorkbench();
  const live = useLive(
    `image:${route}:${path}`,
    async () => {
      const raw = await api.blob(route, { path });
      const type = path.toLowerCase().endsWith('.svg') ? 'image/svg+xml' : raw.type;
      return URL.createObjectURL(new Blob([raw], { type }));
    },
    { interval: 0 }
  );
  React.useEffect(() => () => (live.data ? URL.revokeObjectURL(live.data) : undefined), [live.data]);
  return (
    <LiveView live={live}>{address => <img className="nb-image" src={address} alt={leaf(path)} />}</LiveView>
  );
}
