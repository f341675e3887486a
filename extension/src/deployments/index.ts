/** Deployments: model versions that answer at an endpoint. */
export { deploy } from './deploy';
export { DeploymentDetails } from './deployment';
export { DeploymentSection, DeploymentTable } from './list';
