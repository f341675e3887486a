/** What the reader's role allows: a button that the service would refuse is disabled, and says why. */
import { ISignal, Signal } from '@lumino/signaling';
import * as React from 'react';
import type { Api } from './api';
import type { Me } from './types';
import { ITrans, useWorkbench } from './workbench';

/** The role in what the reader acts for, as the service said last. */
export type Standing = Pick<Me, 'acting_for' | 'role'>;

export class Rights {
  private readonly signal = new Signal<this, void>(this);

  constructor(
    private readonly api: Api,
    private said?: Standing
  ) {}

  /** Undefined until known: then everything is offered, and the service decides. */
  get standing(): Standing | undefined {
    return this.said;
  }

  get changed(): ISignal<this, void> {
    return this.signal;
  }

  get readOnly(): boolean {
    return this.said?.role === 'viewer';
  }

  /** Roles change while a page is open. What was known stays where nobody answers. */
  async ask(): Promise<void> {
    const me = await this.api.get<Me>('me').catch(() => undefined);
    if (me && (me.role !== this.said?.role || me.acting_for !== this.said.acting_for)) {
      this.said = me;
      this.signal.emit();
    }
  }
}

/** Why a viewer may change nothing, and who can help. */
export function readOnlyWords(standing: Standing, trans: ITrans): string {
  return trans.__(
    'You may read in the project %1, but not change anything. Ask an owner of the project to make you an editor.',
    standing.acting_for
  );
}

/** Why the reader may change nothing here; empty where they may. */
export function useRefusal(): string {
  const { rights, trans } = useWorkbench();
  const subscribe = React.useCallback(
    (tell: () => void) => {
      rights.changed.connect(tell);
      return () => void rights.changed.disconnect(tell);
    },
    [rights]
  );
  const standing = React.useSyncExternalStore(subscribe, () => rights.standing);
  return standing?.role === 'viewer' ? readOnlyWords(standing, trans) : '';
}

/** A button for what only editors and owners may do. */
export function ChangeButton({
  disabled,
  title,
  type = 'button',
  ...rest
}: React.ButtonHTMLAttributes<HTMLButtonElement>): React.ReactElement {
  const refusal = useRefusal();
  return <button {...rest} type={type} disabled={disabled || refusal !== ''} title={refusal || title} />;
}
