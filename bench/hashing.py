"""The bare argon2 rate: the product's library and parameters in two threads and nothing else."""

import sys
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter, process_time

from argon2 import PasswordHasher
from argon2.low_level import Type

THREADS = 2


def hashing_for(seconds: float) -> tuple[float, float]:
    """Hashes a second, and CPU seconds a hash."""
    hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
    started, used = perf_counter(), process_time()

    def hash_until() -> int:
        count = 0
        while perf_counter() < started + seconds:
            hasher.hash(b"seven otters paint slowly")
            count += 1
        return count

    with ThreadPoolExecutor(THREADS) as threads:
        counts = [threads.submit(hash_until) for _ in range(THREADS)]
        total = sum(count.result() for count in counts)
    return total / (perf_counter() - started), (process_time() - used) / total


if __name__ == "__main__":
    print(*hashing_for(float(sys.argv[1])))
