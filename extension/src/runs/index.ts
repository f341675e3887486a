/** Notebook runs and their schedules. */
export { ScheduleDetails } from './schedule';
export { ScheduleTable } from './schedules';
export { RunSection, RunTable } from './list';
export { RunDetails } from './run';
export { runNotebook } from './start';
export { scheduleNotebook } from './plan';
