"""Children's services (paper B): investigations, repeat reports and services of a city."""
