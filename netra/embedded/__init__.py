"""Real Postgres and Redis servers for a machine that has none."""

from netra.embedded.claim import Claim, claim_data_dir
from netra.embedded.errors import SetUpError
from netra.embedded.servers import Servers, start_servers

__all__ = ["Claim", "Servers", "SetUpError", "claim_data_dir", "start_servers"]
