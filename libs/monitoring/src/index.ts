/** Monitoring: what the outside may know of this process's health and work. */
export { MonitoringModule } from './monitoring.module.js';
