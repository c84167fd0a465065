"""Made-up deliveries in the layouts of DUO and CBS: no pupil, school or board in them exists."""
