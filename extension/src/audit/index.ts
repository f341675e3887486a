/** The audit: who did what. */
export { AuditTable } from './list';
