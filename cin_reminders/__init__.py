"""Reminders and escalations for Child in Need plans, worked out from a council's own written procedure."""
