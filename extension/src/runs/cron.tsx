/** When a schedule fires: presets or a cron expression, a time zone, and what that means in words. */
import * as React from 'react';
import { SelectField, TextField } from '../core/form';
import { problemOf } from '../core/problem';
import { Trouble } from '../core/states';
import type { Preview, Problem } from '../core/types';
import { ITrans, useWorkbench } from '../core/workbench';

const DEBOUNCE_MILLISECONDS = 350;

export interface ITiming {
  cron: string;
  timezone: string;
}

function presets(trans: ITrans): { value: string; label: string }[] {
  return [
    { value: '0 * * * *', label: trans.__('Every hour') },
    { value: '0 6 * * *', label: trans.__('Every day at 6:00') },
    { value: '0 6 * * 1-5', label: trans.__('On working days at 6:00') },
    { value: '0 6 * * 1', label: trans.__('Every Monday at 6:00') },
    { value: '0 6 1 * *', label: trans.__('On the first of the month at 6:00') }
  ];
}

export function ownTimezone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

interface ITimingProps {
  value: ITiming;
  onChange(value: ITiming): void;
  problem: Problem | undefined;
}

export function TimingFields({ value, onChange, problem }: ITimingProps): React.ReactElement {
  const { trans } = useWorkbench();
  const known = presets(trans);
  const zones = React.useMemo(() => ['UTC', ...Intl.supportedValuesOf('timeZone')], []);
  const preset = known.some(each => each.value === value.cron) ? value.cron : '';
  return (
    <>
      <SelectField
        label={trans.__('When')}
        value={preset}
        options={[...known, { value: '', label: trans.__('Own cron expression') }]}
        onChange={cron => cron && onChange({ ...value, cron })}
      />
      <div className="nb-field-row">
        <TextField
          label={trans.__('Cron expression')}
          hint={trans.__('Minute, hour, day of month, month, day of week')}
          name="cron"
          problem={problem}
          value={value.cron}
          onChange={cron => onChange({ ...value, cron })}
          required
          maxLength={120}
        />
        <TextField
          label={trans.__('Time zone')}
          name="timezone"
          problem={problem}
          value={value.timezone}
          onChange={timezone => onChange({ ...value, timezone })}
          required
          maxLength={64}
          list={zones}
        />
      </div>
      <Meaning {...value} />
    </>
  );
}

/** The service's reading of the expression, asked a moment after the last key. */
function Meaning({ cron, timezone }: ITiming): React.ReactElement {
  const { api, trans } = useWorkbench();
  const [preview, setPreview] = React.useState<Preview>();
  const [problem, setProblem] = React.useState<Problem>();
  React.useEffect(() => {
    let current = true;
    const timer = window.setTimeout(() => {
      api
        .write<Preview>('POST', 'schedules/preview', { cron, timezone })
        .then(answer => {
          if (current) {
            setPreview(answer);
            setProblem(undefined);
          }
        })
        .catch((thrown: unknown) => current && setProblem(problemOf(thrown, trans)));
    }, DEBOUNCE_MILLISECONDS);
    return () => {
      current = false;
      window.clearTimeout(timer);
    };
  }, [api, cron, timezone, trans]);
  return (
    <div className="nb-meaning" aria-live="polite">
      {problem ? <Trouble problem={problem} line /> : preview && <FireTimes {...preview} />}
    </div>
  );
}

export function FireTimes({ words, next_fires }: Preview): React.ReactElement {
  const { trans } = useWorkbench();
  return (
    <>
      <strong>{words}</strong>
      <p>{trans.__('The next fire times:')}</p>
      <ol>
        {next_fires.map(fire => (
          <li key={fire}>{fire}</li>
        ))}
      </ol>
    </>
  );
}
