/** Registered models, their versions and aliases. */
export { ModelSection, ModelTable } from './list';
export { ModelDetails } from './model';
export { registerModel } from './register';
