/** The form made from a notebook's parameters cell; without one, names and values can be typed. */
import * as React from 'react';
import { SelectField, TextField } from '../core/form';
import type { NotebookParameters } from '../core/types';
import { IWorkbench, useWorkbench } from '../core/workbench';
import { fromInfo, fromValue, IParameter } from './values';

/** What the form starts with: the cell's parameters where they can be read, with `given` values filled in. */
export async function startParameters(
  workbench: IWorkbench,
  notebook: string,
  given: Record<string, unknown>
): Promise<{ hasCell: boolean | undefined; parameters: IParameter[] }> {
  const extra = Object.entries(given).map(([name, value]) => fromValue(name, value));
  if (!workbench.openFile || !notebook) {
    return { hasCell: undefined, parameters: extra };
  }
  const inside = await workbench.api.here<NotebookParameters>('parameters', { path: notebook });
  const known = inside.parameters.map(info => {
    const parameter = fromInfo(info);
    const value = extra.find(each => each.name === info.name);
    return value ? { ...parameter, text: value.text } : parameter;
  });
  const others = extra.filter(each => !known.some(parameter => parameter.name === each.name));
  return { hasCell: inside.has_cell, parameters: [...known, ...others] };
}

interface IFieldsProps {
  parameters: IParameter[];
  onChange(parameters: IParameter[]): void;
}

export function ParameterFields({ parameters, onChange }: IFieldsProps): React.ReactElement {
  const { trans } = useWorkbench();
  const set = (index: number, change: Partial<IParameter>): void =>
    onChange(parameters.map((each, i) => (i === index ? { ...each, ...change } : each)));
  return (
    <fieldset className="nb-fieldset">
      <legend>{trans.__('Parameters')}</legend>
      {parameters.map((parameter, index) => (
        <OneParameter key={index} parameter={parameter} onChange={change => set(index, change)} />
      ))}
      <button
        type="button"
        className="nb-button nb-small"
        onClick={() => onChange([...parameters, { name: '', type: '', fallback: '', help: '', text: '' }])}
      >
        {trans.__('Add a parameter')}
      </button>
    </fieldset>
  );
}

interface IOneProps {
  parameter: IParameter;
  onChange(change: Partial<IParameter>): void;
}

function OneParameter({ parameter, onChange }: IOneProps): React.ReactElement {
  const { trans } = useWorkbench();
  const [own] = React.useState(parameter.name === '');
  const hint = [parameter.type, parameter.help].filter(Boolean).join(' · ');
  if (own) {
    return (
      <div className="nb-field-row">
        <TextField
          label={trans.__('Name')}
          value={parameter.name}
          pattern="[A-Za-z_][A-Za-z0-9_]*"
          onChange={name => onChange({ name })}
        />
        <TextField label={trans.__('Value')} value={parameter.text} onChange={text => onChange({ text })} />
      </div>
    );
  }
  const shared = {
    label: parameter.name,
    hint,
    value: parameter.text,
    onChange: (text: string) => onChange({ text })
  };
  if (parameter.type === 'bool') {
    const options = [
      { value: '', label: trans.__('As in the notebook (%1)', parameter.fallback) },
      { value: 'true', label: 'True' },
      { value: 'false', label: 'False' }
    ];
    return <SelectField {...shared} options={parameter.fallback ? options : options.slice(1)} />;
  }
  return <TextField {...shared} placeholder={parameter.fallback} />;
}
