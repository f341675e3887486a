/** Parameters as people type them: text that becomes a JSON value of the parameter's kind. */
import type { ParameterInfo } from '../core/types';

export interface IParameter {
  name: string;
  type: string;
  /** The notebook's own value as source text, shown where nothing is typed. */
  fallback: string;
  help: string;
  text: string;
}

export class WrongValue extends Error {
  constructor(
    readonly parameter: string,
    readonly type: string
  ) {
    super(parameter);
  }
}

/** `None` as a default, `type` left empty, quotes around strings: what papermill's inspection leaves us with. */
export function kind(info: ParameterInfo): string {
  const known = info.type.toLowerCase();
  if (known) {
    return known;
  }
  const source = info.default.trim();
  if (/^(True|False)$/.test(source)) {
    return 'bool';
  }
  if (/^[+-]?\d+$/.test(source)) {
    return 'int';
  }
  if (/^[+-]?(\d+\.\d*|\.?\d+)(e[+-]?\d+)?$/i.test(source)) {
    return 'float';
  }
  if (/^\[/.test(source)) {
    return 'list';
  }
  if (/^\{/.test(source)) {
    return 'dict';
  }
  return /^(['"])/.test(source) ? 'str' : '';
}

export function fromInfo(info: ParameterInfo): IParameter {
  return { name: info.name, type: kind(info), fallback: info.default, help: info.help, text: '' };
}

export function fromValue(name: string, value: unknown): IParameter {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const types: Record<string, string> = { string: 'str', boolean: 'bool', number: 'float' };
  const type = types[typeof value] ?? (Array.isArray(value) ? 'list' : 'dict');
  return { name, type: value === null ? '' : type, fallback: '', help: '', text };
}

function parsed(parameter: IParameter): unknown {
  const text = parameter.text.trim();
  switch (parameter.type) {
    case 'str':
      return parameter.text;
    case 'bool':
      if (!/^(true|false)$/i.test(text)) {
        throw new WrongValue(parameter.name, parameter.type);
      }
      return text.toLowerCase() === 'true';
    case 'int':
    case 'float':
      return number(parameter, text);
    case 'list':
    case 'dict':
      return json(parameter, text);
    default:
      return loose(parameter.text);
  }
}

function number(parameter: IParameter, text: string): number {
  const value = Number(text);
  const whole = parameter.type !== 'int' || Number.isSafeInteger(value);
  if (!Number.isFinite(value) || !whole) {
    throw new WrongValue(parameter.name, parameter.type);
  }
  return value;
}

function json(parameter: IParameter, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new WrongValue(parameter.name, parameter.type);
  }
  if (Array.isArray(value) !== (parameter.type === 'list') || typeof value !== 'object' || value === null) {
    throw new WrongValue(parameter.name, parameter.type);
  }
  return value;
}

/** JSON where it is JSON, else the text itself. */
function loose(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** What is sent: only what was typed, so that the notebook's own values stay. Raises WrongValue. */
export function values(parameters: IParameter[]): Record<string, unknown> {
  const typed = parameters.filter(parameter => parameter.name.trim() !== '' && parameter.text !== '');
  return Object.fromEntries(typed.map(parameter => [parameter.name.trim(), parsed(parameter)]));
}
