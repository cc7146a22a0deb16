using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Simulation;

/// <summary>Reading and writing data, and making it durable.</summary>
internal sealed partial class Client
{
    private const int WriteBytesMax = 300 << 10;
    private const int BurstWritesMax = 6;

    private async Task OpenSomeAsync()
    {
        if (PickNode(node => node.Kind == NodeKind.Regular) is ModelNode node)
        {
            await OpenAsync(node.Id);
        }
    }

    private async Task<OpenFile> OpenAsync(int node)
    {
        if (_open.Count >= OpenFilesMax)
        {
            await CloseAsync(_random.Next(_open.Count));
        }

        bool truncate = _random.Chance(0.05);
        int operation = truncate ? BeginData(node, history => history.Truncate(0)) : 0;
        Result<ulong> opened = await _volume.OpenFileAsync(Inode(node), OpenFlags.Read | OpenFlags.Write | (truncate ? OpenFlags.Truncate : 0));
        _world.Trace.Record($"{_model.Directory}   open {node} truncate {truncate} -> {opened.Error}");
        Demand(opened.IsOk, $"open of {node} gives {opened.Error}");
        if (truncate)
        {
            _model.Files[node].Complete(operation);
        }

        var file = new OpenFile(opened.Value, node);
        _open.Add(file);
        return file;
    }

    private async Task CloseAsync(int index)
    {
        OpenFile file = _open[index];
        if (_random.Chance(0.7))
        {
            Errno error = await _volume.FlushFileAsync(file.Handle);
            Demand(error == Errno.Ok, $"close of {file.Node} gives {error}");
        }

        await _volume.ReleaseAsync(file.Handle);
        _open.Remove(file);
        DropIfGone(_model.Current[file.Node]);
    }

    private async Task<OpenFile?> PickOpenAsync()
    {
        if (_open.Count > 0 && _random.Chance(0.8))
        {
            return _random.Pick(_open);
        }

        return PickNode(node => node.Kind == NodeKind.Regular) is ModelNode node ? await OpenAsync(node.Id) : null;
    }

    private async Task WriteSomewhereAsync(bool append)
    {
        if (_reference.LiveBytes > _plan.LiveBytesMax)
        {
            await UnlinkAsync();
            return;
        }

        if (await PickOpenAsync() is OpenFile file)
        {
            long size = _model.Files[file.Node].Size;
            long offset = append ? size : PickOffset(size);
            long room = _plan.FileBytesMax - offset;
            int length = (int)(room > 0 || _plan.HasFarOffsets ? Math.Min(PickLength(), room > 0 ? room : long.MaxValue) : 1);
            await WriteAsync(file, offset, NewData(file, offset, length), append);
        }
    }

    private long PickLength() => _random.Next(4) switch
    {
        0 => _random.Between(1, 5000),
        1 => _random.Between(1, 16) * FileHistory.Block,
        2 => _random.Between(1, 60_000),
        _ => _random.Between(1, WriteBytesMax),
    };

    private long PickOffset(long size)
    {
        long offset = _random.Next(6) switch
        {
            0 => 0,
            1 => size,
            2 => size + _random.Next(200_000),
            3 when _plan.HasFarOffsets => _random.Next(1L << 34),
            _ => _random.Next(size + 1),
        };
        return _random.Chance(0.5) ? offset / FileHistory.Block * FileHistory.Block : offset;
    }

    private byte[] NewData(OpenFile file, long offset, int length)
    {
        byte[] data = GC.AllocateUninitializedArray<byte>(length);
        WriteTag.Fill(data, file.Node, _model.Files[file.Node].Operations + 1, offset);
        if (offset == 0 && _random.Chance(0.3))
        {
            "GGUF"u8[..Math.Min(4, length)].CopyTo(data);
        }

        return data;
    }

    private async Task<bool> WriteAsync(OpenFile file, long offset, byte[] data, bool append)
    {
        FileHistory history = _model.Files[file.Node];
        int operation = BeginData(file.Node, history => history.Write(offset, data));
        Result<int> written = await _volume.WriteAsync(file.Handle, append ? _random.Next(1000) : offset, data, append, killSetId: false);
        _world.Trace.Record($"{_model.Directory}   write {file.Node} #{operation} at {offset} length {data.Length} append {append} -> {written.Error}");

        // The volume must have taken a copy: the kernel uses the buffer again as soon as the write is answered.
        Array.Fill(data, (byte)0xEE);
        if (written.Error == Errno.ENOSPC)
        {
            history.Revert(operation);
            DemandFull(data.Length);
            return false;
        }

        Demand(written.IsOk && written.Value == data.Length, $"write of {data.Length} bytes gives {written}");
        history.Complete(operation);
        return true;
    }

    /// <summary>Several writes to different blocks of one file at once, with a read and an fsync among them.</summary>
    private async Task BurstAsync()
    {
        if (await PickOpenAsync() is not OpenFile file)
        {
            return;
        }

        FileHistory history = _model.Files[file.Node];
        int blocks = (int)Math.Min(history.Size / FileHistory.Block, 256);
        if (blocks < BurstWritesMax || _reference.LiveBytes > _plan.LiveBytesMax)
        {
            return;
        }

        var tasks = new List<Task>();
        int slice = blocks / BurstWritesMax;
        for (int i = 0; i < BurstWritesMax; i++)
        {
            long offset = (long)i * slice * FileHistory.Block;
            int length = (int)_random.Between(1, (long)slice * FileHistory.Block);
            switch (_random.Next(5))
            {
                case 0:
                    tasks.Add(ReadAsync(file, offset, length));
                    break;
                case 1:
                    tasks.Add(FsyncAsync(file, dataOnly: true));
                    break;
                default:
                    tasks.Add(WriteUnbufferedAsync(file, offset, length));
                    break;
            }
        }

        await Task.WhenAll(tasks);
    }

    /// <summary>Small writes all over a file, which tear its extents to pieces.</summary>
    private async Task ScatterAsync()
    {
        if (await PickOpenAsync() is not OpenFile file)
        {
            return;
        }

        for (int i = _random.Between(5, 60); i > 0 && _reference.LiveBytes < _plan.LiveBytesMax; i--)
        {
            long blocks = Math.Min(Math.Max(1, _model.Files[file.Node].Size), _plan.FileBytesMax) / FileHistory.Block;
            long offset = _random.Next(blocks + 1) * FileHistory.Block;
            await WriteAsync(file, offset, NewData(file, offset, _random.Between(1, 3) * FileHistory.Block), append: false);
        }
    }

    private async Task WriteUnbufferedAsync(OpenFile file, long offset, int length)
    {
        byte[] data = NewData(file, offset, length);
        int operation = BeginData(file.Node, history => history.Write(offset, data));
        Result<int> written = await _volume.WriteAsync(file.Handle, offset, data, append: false, killSetId: false);
        _world.Trace.Record($"{_model.Directory}   burst {file.Node} #{operation} at {offset} length {length} -> {written.Error}");
        if (written.Error == Errno.ENOSPC)
        {
            _model.Files[file.Node].Revert(operation);
            DemandFull(length);
            return;
        }

        Demand(written.IsOk && written.Value == length, $"write of {length} bytes gives {written}");
        _model.Files[file.Node].Complete(operation);
    }

    private async Task ReadSomewhereAsync()
    {
        if (await PickOpenAsync() is OpenFile file)
        {
            long size = _model.Files[file.Node].Size;
            await ReadAsync(file, PickOffset(size), (int)PickLength());
        }
    }

    private async Task ReadAsync(OpenFile file, long offset, int length)
    {
        // Expected now: a burst's other writes may be answered while the read is under way, but they touch other blocks.
        FileHistory history = _model.Files[file.Node];
        var expected = new byte[(int)Math.Clamp(history.Size - offset, 0, length)];
        history.Read(offset, expected);
        var into = new byte[length];
        Result<int> read = await _volume.ReadAsync(file.Handle, offset, into);
        _world.Trace.Record($"{_model.Directory}   read {file.Node} at {offset} length {length} -> {read.Error} {read.Value}");
        Demand(read.IsOk && read.Value == expected.Length, $"read at {offset} of {file.Node}, {length} bytes, gives {read} instead of {expected.Length} bytes");
        int same = into.AsSpan(0, expected.Length).CommonPrefixLength(expected);
        Demand(same == expected.Length, $"read of {file.Node}: byte {offset + same} is {into[same]:x2} instead of {expected[same]:x2}");
    }

    private async Task TruncateAsync()
    {
        if (PickNode(node => node.Kind == NodeKind.Regular) is not ModelNode node)
        {
            return;
        }

        long size = Math.Min(_random.Chance(0.3) ? 0 : PickOffset(_model.Files[node.Id].Size), _plan.FileBytesMax);
        int operation = BeginData(node.Id, history => history.Truncate(size));
        Result<FileStatus> result = await _volume.SetStatusAsync(Inode(node.Id), new FileStatusChanges { Size = (ulong)size });
        _world.Trace.Record($"{_model.Directory}   truncate {node.Id} #{operation} to {size} -> {result.Error}");
        EndData(node.Id, operation, result.Error);
    }

    private async Task ZeroRangeAsync()
    {
        if (await PickOpenAsync() is not OpenFile file)
        {
            return;
        }

        long size = _model.Files[file.Node].Size;
        long offset = Math.Min(PickOffset(size), _plan.FileBytesMax);
        long length = _random.Between(1, 200_000);
        var mode = (AllocateMode)_random.Next(5);
        bool zeroes = mode is AllocateMode.PunchHole or AllocateMode.ZeroRange or AllocateMode.ZeroRangeKeepSize;
        bool grows = mode is AllocateMode.Extend or AllocateMode.ZeroRange;
        int operation = BeginData(file.Node, history => zeroes
            ? history.Zero(offset, length, grows)
            : history.Truncate(grows ? Math.Max(size, offset + length) : size));
        Errno error = await _volume.AllocateAsync(file.Handle, mode, offset, length);
        _world.Trace.Record($"{_model.Directory}   {mode} {file.Node} #{operation} at {offset} length {length} -> {error}");
        EndData(file.Node, operation, error);
    }

    private async Task SeekAsync()
    {
        if (await PickOpenAsync() is not OpenFile file)
        {
            return;
        }

        FileHistory history = _model.Files[file.Node];
        long offset = _random.Next(history.Size + 1);
        Result<long> data = await _volume.SeekAsync(file.Handle, offset, hole: false);
        long end = data.Error == Errno.ENXIO ? history.Size : data.Value;
        Demand(data.IsOk ? data.Value >= offset && data.Value < history.Size : data.Error == Errno.ENXIO, $"seek to data from {offset} gives {data}");
        long? missed = history.KnownBlocks.Where(block => block * FileHistory.Block >= offset && (block + 1) * FileHistory.Block <= end)
            .Cast<long?>().FirstOrDefault(block => !history.IsZero(block!.Value));
        Demand(missed is null, $"seek to data from {offset} of {file.Node} gives {data}, past the data of block {missed}");

        Result<long> hole = await _volume.SeekAsync(file.Handle, offset, hole: true);
        Demand(offset >= history.Size ? hole.Error == Errno.ENXIO : hole.IsOk && hole.Value >= offset && hole.Value <= history.Size,
            $"seek to a hole from {offset} of {file.Node}, size {history.Size}, gives {hole}");
        Demand(!hole.IsOk || hole.Value == history.Size || history.IsZero(hole.Value / FileHistory.Block) || hole.Value % FileHistory.Block != 0,
            $"seek to a hole from {offset} of {file.Node} gives {hole}, which is data");
    }

    private async Task FsyncAsync(bool dataOnly)
    {
        if (await PickOpenAsync() is OpenFile file)
        {
            await FsyncAsync(file, dataOnly);
        }
    }

    private async Task FsyncAsync(OpenFile file, bool dataOnly)
    {
        FileHistory history = _model.Files[file.Node];
        int data = history.Completed;
        int names = _model.CountTouching(file.Node, structuralOnly: dataOnly);
        Errno error = await _volume.FsyncAsync(file.Handle, dataOnly);
        _world.Trace.Record($"{_model.Directory}   fsync {file.Node} data only {dataOnly} -> {error}");
        if (error == Errno.ENOSPC)
        {
            DemandFull(0);
            return;
        }

        Demand(error == Errno.Ok, $"fsync of {file.Node} gives {error}");
        history.RaiseFloor(data);
        _model.RaiseFloor(names);
    }

    private async Task SyncAsync()
    {
        SyncPoint point = _reference.TakeSyncPoint();
        Errno error = await _volume.SyncAsync();
        _world.Trace.Record($"{_model.Directory}   sync -> {error}");
        if (error == Errno.ENOSPC)
        {
            DemandFull(0);
            return;
        }

        Demand(error == Errno.Ok, $"sync gives {error}");
        _reference.RaiseFloor(point);
    }

    private int BeginData(int node, Func<FileHistory, int> change)
    {
        if (_model.Current[node].ModifyTime is not null)
        {
            var forget = new ForgetTime(node);
            _model.Begin(forget);
            _model.Complete(forget);
        }

        return change(_model.Files[node]);
    }

    private void EndData(int node, int operation, Errno error)
    {
        if (error == Errno.ENOSPC)
        {
            _model.Files[node].Revert(operation);
            DemandFull(0);
            return;
        }

        Demand(error == Errno.Ok, $"gives {error} for {node}");
        _model.Files[node].Complete(operation);
    }
}
