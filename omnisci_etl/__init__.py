"""omnisci_etl: scientific figures with routed, scored captions and the whole provenance of each."""

__version__ = "0.1.0"
