"""Which workloads the records know: all that may still go on."""

from sqlalchemy import select

from notebench_hub.service.store import deployments, runs, sessions
from notebench_hub.service.store.deployments import ServerTable
from notebench_hub.service.store.engine import Transaction
from notebench_hub.service.store.runs import RunTable
from notebench_hub.service.store.sessions import LIVE, SessionTable


def workloads(tx: Transaction) -> set[str]:
    """Ids of the workloads of living sessions, unsettled runs and kept model servers."""
    living = tx.scalars(select(SessionTable.id).where(SessionTable.state.in_(LIVE)))
    open_runs = tx.execute(select(RunTable.id, RunTable.attempt).where(RunTable.settled.is_(False)))
    servers = tx.execute(select(ServerTable.id, ServerTable.attempt))
    return {
        *(sessions.workload_id(session) for session in living),
        *(runs.workload_id(run, attempt) for run, attempt in open_runs),
        *(deployments.workload_id(server, attempt) for server, attempt in servers),
    }
