"""loader_speed.py REFERENCE CIFAR10_BIN_DIR SECONDS: prints the images/s of the reference's DataLoader in one process."""
import sys, time
import torch
import reference

script, data, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
torch.set_num_threads(1)
peer = reference.load(script)
images, labels = peer.records(data + "/data_batch_1.bin")
loader = torch.utils.data.DataLoader(peer.Augmented(images, labels), 128, shuffle=True, drop_last=True)
batches = (batch for _ in range(10**6) for batch in loader)
for _ in range(5):
    next(batches)
begin, count = time.perf_counter(), 0
while time.perf_counter() - begin < seconds:
    next(batches)
    count += 128
print("%.1f" % (count / (time.perf_counter() - begin)))
