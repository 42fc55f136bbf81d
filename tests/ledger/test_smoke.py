from omnisci_etl.context import Context
from sqlalchemy import text


def test_run(context: Context) -> None:
    with context.ledger.begin() as c:
        assert c.execute(text("select omnisci.owner_alive(:o)"), {"o": context.run.owner}).scalar()
        context.blobs.register(c, b"x", "text/plain", context.run.key)
    with context.ledger.read() as c:
        assert c.execute(text("select count(*) from run")).scalar() == 1
