/** What an entry says beside its row: before, after, why. Shown when somebody asks for it. */
import * as React from 'react';
import { Facts } from '../core/parts';
import type { AuditEntry } from '../core/types';
import { useWorkbench } from '../core/workbench';

function lines(facts: Record<string, unknown> | null | undefined): string {
  return Object.entries(facts ?? {})
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('\n');
}

function Said({ facts }: { facts: string }): React.ReactElement {
  return <span className="nb-said">{facts}</span>;
}

export function Changes({ entry }: { entry: AuditEntry }): React.ReactElement {
  const { trans } = useWorkbench();
  const pairs: [string, string][] = [
    [trans.__('Reason'), entry.reason],
    [trans.__('Before'), lines(entry.before)],
    [trans.__('After'), lines(entry.after)],
    [trans.__('More'), lines(entry.detail)],
    [trans.__('From where'), entry.origin],
    [trans.__('Known by'), entry.kind],
    [trans.__('Entry'), String(entry.number)],
    [trans.__('Request'), entry.request]
  ];
  return (
    <details className="nb-changes">
      <summary>{trans.__('Details')}</summary>
      <Facts
        facts={pairs
          .filter(([, facts]) => facts)
          .map(([name, facts]): [string, React.ReactNode] => [name, <Said key={name} facts={facts} />])}
      />
    </details>
  );
}
