"""Preprint servers by the prefix of the DOIs they register, for records that do not name them."""

from __future__ import annotations

_SERVERS = (
    ("10.21203/rs.", "Research Square"),
    ("10.20944/preprints", "Preprints.org"),
    ("10.2139/ssrn", "SSRN"),
    ("10.26434/chemrxiv", "ChemRxiv"),
    ("10.22541/", "Authorea"),
    ("10.1590/scielopreprints", "SciELO Preprints"),
    ("10.12688/verixiv", "VeriXiv"),
    ("10.32388/", "Qeios"),
    ("10.36227/techrxiv", "TechRxiv"),
    ("10.48550/arxiv", "arXiv"),
    ("10.31219/osf.io", "OSF Preprints"),
    ("10.31234/osf.io", "PsyArXiv"),
    ("10.31235/osf.io", "SocArXiv"),
    ("10.35542/osf.io", "EdArXiv"),
    ("10.1002/essoar", "Earth and Space Science Open Archive"),
    ("10.51094/jxiv", "Jxiv"),
    ("10.31223/", "EarthArXiv"),
    ("10.2196/preprints", "JMIR Preprints"),
)


def server_of(doi: str) -> str:
    """The server that registered `doi`, or "" when the prefix does not tell.

    bioRxiv and medRxiv share theirs with journals, so they are never guessed.
    """
    return next((name for prefix, name in _SERVERS if doi.startswith(prefix)), "")
