using System.Runtime.InteropServices;
using Mono.Unix.Native;
using Xunit;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>A ring of requests shared with the kernel.</summary>
internal sealed unsafe class IoUring : AsyncIo
{
    private const int Setup = 425;
    private const int Enter = 426;
    private const nint GetEvents = 1;
    private const uint SingleMap = 1;
    private const long RequestsOffset = 0x10000000;
    private const int RequestBytes = 64;
    private const int ResultBytes = 16;

    private readonly int _ring;
    private readonly Parameters _parameters;
    private readonly byte* _shared;
    private readonly ulong _sharedBytes;
    private readonly byte* _requests;

    /// <param name="depth">Requests under way at once, a power of two.</param>
    public IoUring(int depth)
        : base(depth)
    {
        Parameters parameters = default;
        _ring = (int)Call(Setup, depth, (nint)(&parameters));
        _parameters = parameters;
        Assert.NotEqual(0u, parameters.Features & SingleMap);
        _sharedBytes = Math.Max(parameters.RequestIndexes + parameters.RequestCount * 4, parameters.Results + parameters.ResultCount * ResultBytes);
        _shared = Map(_sharedBytes, 0);
        _requests = Map((ulong)depth * RequestBytes, RequestsOffset);
    }

    public override void Dispose()
    {
        PosixFile.Check(Syscall.munmap((nint)_shared, _sharedBytes));
        PosixFile.Check(Syscall.munmap((nint)_requests, (ulong)Depth * RequestBytes));
        PosixFile.Check(Syscall.close(_ring));
    }

    protected override void Submit(PosixFile file, bool write, long offset, byte* memory, int count)
    {
        ref var tail = ref Word(_parameters.RequestTail);
        var index = tail & Word(_parameters.RequestMask);
        *(Request*)(_requests + index * RequestBytes) = new Request
        {
            Opcode = (byte)(write ? 23 : 22), File = file.Descriptor, Offset = offset, Memory = (ulong)memory, Length = (uint)count, Data = (ulong)count,
        };
        Word(_parameters.RequestIndexes + index * 4) = index;
        Volatile.Write(ref tail, tail + 1);
        Assert.Equal(1, Call(Enter, _ring, 1));
    }

    protected override int Reap()
    {
        Call(Enter, _ring, 0, 1, GetEvents);
        ref var head = ref Word(_parameters.ResultHead);
        var count = (int)(Volatile.Read(ref Word(_parameters.ResultTail)) - head);
        for (var i = 0; i < count; i++)
        {
            var result = _shared + _parameters.Results + (head + i & Word(_parameters.ResultMask)) * ResultBytes;
            Ended(*(ulong*)result, *(int*)(result + 8));
        }
        Volatile.Write(ref head, head + (uint)count);
        return count;
    }

    private byte* Map(ulong length, long offset)
    {
        var start = Syscall.mmap(0, length, MmapProts.PROT_READ | MmapProts.PROT_WRITE, MmapFlags.MAP_SHARED | MmapFlags.MAP_POPULATE, _ring, offset);
        PosixFile.Check(start == -1 ? -1 : 0);
        return (byte*)start;
    }

    private ref uint Word(uint offset) => ref *(uint*)(_shared + offset);

    /// <summary>struct io_uring_params, with the offsets of both rings in the shared memory.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    private struct Parameters
    {
        [FieldOffset(0)] public uint RequestCount;
        [FieldOffset(4)] public uint ResultCount;
        [FieldOffset(20)] public uint Features;
        [FieldOffset(44)] public uint RequestTail;
        [FieldOffset(48)] public uint RequestMask;
        [FieldOffset(64)] public uint RequestIndexes;
        [FieldOffset(80)] public uint ResultHead;
        [FieldOffset(84)] public uint ResultTail;
        [FieldOffset(88)] public uint ResultMask;
        [FieldOffset(100)] public uint Results;
    }

    /// <summary>struct io_uring_sqe.</summary>
    [StructLayout(LayoutKind.Explicit, Size = RequestBytes)]
    private struct Request
    {
        [FieldOffset(0)] public byte Opcode;
        [FieldOffset(4)] public int File;
        [FieldOffset(8)] public long Offset;
        [FieldOffset(16)] public ulong Memory;
        [FieldOffset(24)] public uint Length;
        [FieldOffset(32)] public ulong Data;
    }
}
