"""Policies: rules of the project file over every resource of a plan. Pure."""
