"""Many files into the archive, as one plan that goes on where it stopped.

A back-fill is not announced: its works can be searched, and no digest calls them new. Each file is
a part. A part is claimed, read batch by batch, and noted as stored together with each batch; so a
part that was killed goes on behind its last batch, and no batch is stored twice.
"""
