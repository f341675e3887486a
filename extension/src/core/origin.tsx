/** Where a run or a model version came from: image, notebook, commit, added packages. */
import * as React from 'react';
import { RecordLink } from './link';
import { Facts } from './parts';
import type { Origin } from './types';
import { useWorkbench } from './workbench';

export function OriginFacts({ origin }: { origin: Origin }): React.ReactElement {
  const { trans, openFile } = useWorkbench();
  const notebook =
    origin.notebook && openFile ? (
      <button type="button" className="nb-link" onClick={() => openFile(origin.notebook)}>
        {origin.notebook}
      </button>
    ) : (
      origin.notebook
    );
  const commit = origin.git_commit.slice(0, 12) + (origin.git_dirty ? ` (${trans.__('with changes')})` : '');
  return (
    <Facts
      facts={[
        [trans.__('User'), origin.user],
        [trans.__('Acting for'), origin.acting_for === 'personal' ? trans.__('Personal') : origin.acting_for],
        [trans.__('Notebook'), notebook],
        [
          trans.__('Notebook run'),
          origin.notebook_run && (
            <RecordLink to={{ room: 'runs', id: origin.notebook_run }}>{origin.notebook_run}</RecordLink>
          )
        ],
        [trans.__('Image'), origin.image],
        [trans.__('Identity'), origin.identity && <code>{origin.identity}</code>],
        [trans.__('Hardware profile'), origin.profile],
        [trans.__('Added packages'), origin.added.join(', ')],
        [trans.__('Git commit'), origin.git_commit && <code>{commit}</code>]
      ]}
    />
  );
}
