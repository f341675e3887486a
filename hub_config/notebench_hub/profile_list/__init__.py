"""`notebench catalogue import`: a KubeSpawner's list of profiles becomes a catalogue, its homes settings.

`source.py` reads the file, `choices.py` says what one may choose there, `hardware.py` and `images.py` turn
that into the catalogue's entries, `homes.py` the volumes into settings; `convert.py` puts it together. All
but the first are pure. What finds no place is said, key by key, and never dropped in silence.
"""
