/** What stands around the views in plain pages: navigation, what the reader acts for, the language. */
import * as React from 'react';
import { RecordLink } from '../core/link';
import { ITarget, Room, useWorkbench } from '../core/workbench';
import { sections } from '../rooms';
import type { IFacts } from './facts';
import { chooseLanguage, LANGUAGES } from './translation';

interface IHeaderProps {
  facts: IFacts;
  target: ITarget;
  language: string;
}

/** Rooms that have no entry of their own belong to the one they are reached from. */
const HOME: Partial<Record<Room, Room>> = { 'mlflow-runs': 'experiments', compare: 'experiments' };

export function Header({ facts, target, language }: IHeaderProps): React.ReactElement {
  const { trans } = useWorkbench();
  const rooms = [
    ...sections(trans),
    { room: 'schedules' as Room, label: trans.__('Schedules') },
    { room: 'audit' as Room, label: trans.__('Activity') }
  ];
  const here = HOME[target.room] ?? target.room;
  return (
    <header className="nb-page-head">
      <a className="nb-page-brand" href={facts.hub_url}>
        <Mark />
        Notebench
      </a>
      <nav aria-label={trans.__('Rooms')}>
        <a className="nb-link" href={facts.hub_url}>
          {trans.__('My servers')}
        </a>
        {rooms.map(({ room, label }) => (
          <span key={room} aria-current={room === here ? 'page' : undefined}>
            <RecordLink to={{ room }}>{label}</RecordLink>
          </span>
        ))}
      </nav>
      <div className="nb-page-choices">
        <ActingFor facts={facts} room={here} />
        <select
          className="nb-input"
          aria-label={trans.__('Language')}
          value={language}
          onChange={event => chooseLanguage(event.target.value)}
        >
          {Object.entries(LANGUAGES).map(([code, name]) => (
            <option key={code} value={code} lang={code.slice(0, 2)}>
              {name}
            </option>
          ))}
        </select>
        <a className="nb-link" href={facts.hub_url}>
          {facts.user}
        </a>
      </div>
    </header>
  );
}

/** The mark of the hub's pages. */
function Mark(): React.ReactElement {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#0f766e" />
      <path d="M6 12h20v4H6z" fill="#fff" />
      <path d="M9 16h3v9H9zM20 16h3v9h-3z" fill="#99f6e4" />
      <circle cx="11" cy="8" r="2" fill="#fbbf24" />
      <circle cx="17" cy="8" r="2" fill="#fff" />
    </svg>
  );
}

/** Another owner's records are other records: choosing one goes to its list. */
function ActingFor({ facts, room }: { facts: IFacts; room: Room }): React.ReactElement {
  const { trans } = useWorkbench();
  return (
    <select
      className="nb-input"
      aria-label={trans.__('Acting for')}
      value={facts.acting_for}
      onChange={event =>
        window.location.assign(`${facts.base_url}${room}?for=${encodeURIComponent(event.target.value)}`)
      }
    >
      <option value="personal">{trans.__('Personal')}</option>
      {facts.projects.map(({ project }) => (
        <option key={project} value={project}>
          {project}
        </option>
      ))}
    </select>
  );
}
