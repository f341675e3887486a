/** The contract's types by the names that the panels use. They are generated; nothing is written twice. */
import type { components } from '../generated/api';

type Schemas = components['schemas'];

/** The service always says every field of an answer; the document marks those with a default as optional. */
type Said<T> = T extends (infer U)[] ? Said<U>[] : T extends object ? { [K in keyof T]-?: Said<T[K]> } : T;

export type Problem = Said<Schemas['Problem']>;
export type Me = Said<Schemas['Me']>;
export type Catalogue = Said<Schemas['Catalogue']>;
export type ImageCard = Said<Schemas['ImageCard']>;
export type ProfileCard = Said<Schemas['ProfileCard']>;
export type Experiment = Said<Schemas['Experiment']>;
export type MlflowRun = Said<Schemas['MlflowRun']>;
export type MlflowRunList = Said<Schemas['MlflowRunList']>;
export type MetricHistory = Said<Schemas['MetricHistory']>;
export type ArtifactEntry = Said<Schemas['ArtifactEntry']>;
export type Origin = Said<Schemas['Origin']>;
export type RegisteredModel = Said<Schemas['RegisteredModel']>;
export type ModelVersion = Said<Schemas['ModelVersion']>;
export type RegisterRequest = Schemas['RegisterRequest'];
export type Signature = Said<Schemas['Signature']>;
export type Column = Said<Schemas['Column']>;
export type Deployment = Said<Schemas['Deployment']>;
export type DeployRequest = Schemas['DeployRequest'];
export type AuditEntry = Said<Schemas['AuditEntry']>;
export type AuditPage = Said<Schemas['AuditPage']>;
export type Run = Said<Schemas['Run']>;
export type RunList = Said<Schemas['RunList']>;
export type RunRequest = Schemas['RunRequest'];
export type Schedule = Said<Schemas['Schedule']>;
export type ScheduleRequest = Schemas['ScheduleRequest'];
export type Preview = Said<Schemas['Preview']>;
export type ParameterInfo = Said<Schemas['ParameterInfo']>;
export type NotebookParameters = Said<Schemas['NotebookParameters']>;
export type KeptExecution = Said<Schemas['KeptExecution']>;
export type KeptOutputs = Said<Schemas['KeptOutputs']>;
export type HomeState = Said<Schemas['HomeState']>;
export type HomeContents = Said<Schemas['HomeContents']>;
export type HomeEntry = Said<Schemas['HomeEntry']>;
export type Removed = Said<Schemas['Removed']>;
export type SessionHere = Said<Schemas['SessionHere']>;
