drop table alerts, notifications;
