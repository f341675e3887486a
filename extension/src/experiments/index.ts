/** Experiments and MLflow runs. */
export { Comparison } from './compare';
export { ExperimentDetails } from './experiment';
export { ExperimentList, ExperimentSection } from './list';
export { RunDetails } from './run';
