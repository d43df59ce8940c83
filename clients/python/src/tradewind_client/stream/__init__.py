"""The real-time hub: `AsyncClient.stream()` gives a `Hub`, `Client.stream()` one that waits.

`hub` keeps the connection, `feed` is one subscription as its reader has it, `merge` adds snapshots and changes up,
`channels` says what there is, `blocking` runs the same on a thread.
"""

from tradewind_client.stream.blocking import BlockingFeed, BlockingHub
from tradewind_client.stream.channels import Topic
from tradewind_client.stream.feed import Feed, Update
from tradewind_client.stream.hub import Hub
from tradewind_client.stream.options import HubOptions

__all__ = ["BlockingFeed", "BlockingHub", "Feed", "Hub", "HubOptions", "Topic", "Update"]
