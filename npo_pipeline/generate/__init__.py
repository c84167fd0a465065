"""Made-up deliveries in the layouts of DUO and CBS: no pupil, school or board in them exists."""

from npo_pipeline.generate.delivery import Report, write_delivery

__all__ = ["Report", "write_delivery"]
