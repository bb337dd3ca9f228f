"""e-Document: a relying service as a ministry's developer would write it. It imports nothing of laotrust."""
