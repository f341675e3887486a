/** Labelled fields whose mistakes stand next to them and are read out with them. */
import * as React from 'react';
import type { Problem } from './types';

interface IFieldProps {
  label: string;
  hint?: string;
  /** The request's field name: a problem that names it is shown here. */
  name?: string;
  problem?: Problem;
  children(attributes: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }): React.ReactNode;
}

export function Field({ label, hint, name, problem, children }: IFieldProps): React.ReactElement {
  const id = React.useId();
  const wrong = problem && name && problem.field === name ? problem : undefined;
  const described = [hint ? `${id}-hint` : '', wrong ? `${id}-wrong` : ''].filter(Boolean).join(' ');
  return (
    <div className="nb-field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        ...(described ? { 'aria-describedby': described } : {}),
        ...(wrong ? { 'aria-invalid': true as const } : {})
      })}
      {hint && (
        <small id={`${id}-hint`} className="nb-hint">
          {hint}
        </small>
      )}
      {wrong && (
        <small id={`${id}-wrong`} className="nb-wrong">
          {wrong.message}
        </small>
      )}
    </div>
  );
}

interface ITextFieldProps extends Omit<IFieldProps, 'children'> {
  value: string;
  onChange(value: string): void;
  onBlur?(): void;
  required?: boolean;
  pattern?: string;
  maxLength?: number;
  placeholder?: string;
  autoFocus?: boolean;
  list?: string[];
}

export function TextField(props: ITextFieldProps): React.ReactElement {
  const options = React.useId();
  return (
    <Field {...props}>
      {attributes => (
        <>
          <input
            {...attributes}
            type="text"
            className="nb-input"
            value={props.value}
            required={props.required}
            pattern={props.pattern}
            maxLength={props.maxLength}
            placeholder={props.placeholder}
            autoFocus={props.autoFocus}
            autoComplete="off"
            spellCheck={false}
            list={props.list ? options : undefined}
            onChange={event => props.onChange(event.target.value)}
            onBlur={props.onBlur}
          />
          {props.list && (
            <datalist id={options}>
              {props.list.map(option => (
                <option key={option} value={option} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}

export interface IOption {
  value: string;
  label: string;
  disabled?: boolean;
}

interface ISelectFieldProps extends Omit<IFieldProps, 'children'> {
  value: string;
  options: IOption[];
  onChange(value: string): void;
}

export function SelectField(props: ISelectFieldProps): React.ReactElement {
  return (
    <Field {...props}>
      {attributes => (
        <select
          {...attributes}
          className="nb-input"
          value={props.value}
          onChange={event => props.onChange(event.target.value)}
        >
          {props.options.map(option => (
            <option key={option.value} value={option.value} disabled={option.disabled}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
