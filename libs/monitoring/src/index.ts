/** Monitoring: what the outside may know of this process's health and work. */
export { AlertEngine } from './alerts/alert-engine.js';
export { DisputeAlarms } from './alerts/dispute-alarms.js';
export { MonitoringAdminModule, MonitoringModule } from './monitoring.module.js';
