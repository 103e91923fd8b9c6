"""One report model (model.py), one view of it (view.py, made by build.py and drift.py), and the renderers that read the view."""
