"""train_on_gpu.py REFERENCE ARGUMENTS: runs the unchanged reference script with network and batches on the GPU."""
import sys
import reference

peer = reference.load(sys.argv[1])
network, step = peer.TinyImageNet, peer.step


def step_on_gpu(net, opt, loss, x, y):
    return step(net, opt, loss, x.cuda(non_blocking=True), y.cuda(non_blocking=True))


peer.TinyImageNet = lambda *args, **kwargs: network(*args, **kwargs).cuda()
peer.step = step_on_gpu
sys.argv = sys.argv[1:]
peer.main()
