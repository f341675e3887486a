"""Backups: everything that must not be lost in one file, verified, and put back into an empty place.

Read in this order: `contents` (what is in and what is not), `cut` (one moment for all databases), `write`,
`manifest` (what the file says of itself), `read`, `look` (what is found in the databases), `restore`.
This room speaks SQL to the files of hub, service and MLflow
alike, with the driver of the standard library: what it does is the same for every SQLite file, and a restore
must not need the service's tables to be of this version.

Why not restic or borg: both keep the many versions of a backup well, and are what we recommend for the file
that comes out of this. Neither can stop three SQLite writers at one moment, nor say whether the model that a
deployment serves is in it.
"""
