"""One of two processes that train a constrained network with DistributedDataParallel.

Run as ``python ddp_worker.py RANK FOLDER``. The processes find each other by a file in FOLDER and
save their weights there.
"""

import sys
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from eegzoo.layers import ConstrainedConv1d, ConstrainedConv2d, ConstrainedDense, SeparableConv2d


def main(rank: int, folder: Path) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    torch.manual_seed(rank)  # other initial weights and windows for each process
    net = nn.Sequential(
        nn.Unflatten(1, (1, 6)),
        ConstrainedConv2d(1, 4, (6, 5), padding="valid", max_norm=0.3),
        SeparableConv2d(4, 4, (1, 4), depth_max_norm=0.3, point_max_norm=0.3),
        nn.Flatten(2),
        nn.Flatten(2),
        ConstrainedConv1d(4, 4, 3, padding="causal", max_norm=0.9, min_norm=0.8, minmax_rate=0.3),
        nn.Flatten(),
        ConstrainedDense(4 * 28, 2, max_norm=0.25),
    )
    replica = DistributedDataParallel(net)
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    for _ in range(5):
        optimizer.zero_grad()
        # Two forwards with different windows before one backward.
        loss = replica(torch.randn(3, 6, 32)).square().mean()
        loss = loss + (replica(torch.randn(3, 6, 32)) - 1).square().mean()
        loss.backward()
        optimizer.step()
    net(torch.randn(3, 6, 32))
    torch.save(dict(net.state_dict()), folder / f"{rank}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
