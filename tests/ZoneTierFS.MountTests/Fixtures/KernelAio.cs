using System.Runtime.InteropServices;
using Xunit;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>The system calls that libaio makes.</summary>
internal sealed unsafe class KernelAio : AsyncIo
{
    private static readonly bool s_isArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private readonly nint _context;

    /// <param name="depth">Requests under way at once.</param>
    public KernelAio(int depth)
        : base(depth)
    {
        nint context = 0;
        Call(s_isArm ? 0 : 206, depth, (nint)(&context));
        _context = context;
    }

    public override void Dispose() => Call(s_isArm ? 1 : 207, _context);

    protected override void Submit(PosixFile file, bool write, long offset, byte* memory, int count)
    {
        var request = new Request
        {
            Data = (ulong)count, Opcode = (ushort)(write ? 1 : 0), File = (uint)file.Descriptor, Buffer = (ulong)memory, Bytes = (ulong)count, Offset = offset,
        };
        var pointer = &request;
        Assert.Equal(1, Call(s_isArm ? 2 : 209, _context, 1, (nint)(&pointer)));
    }

    protected override int Reap()
    {
        var events = stackalloc Event[Depth];
        var count = (int)Call(s_isArm ? 4 : 208, _context, 1, Depth, (nint)events);
        for (var i = 0; i < count; i++)
            Ended(events[i].Data, events[i].Result);
        return count;
    }

    /// <summary>struct iocb.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct Request
    {
        public ulong Data;
        public uint Key;
        public int Flags;
        public ushort Opcode;
        public short Priority;
        public uint File;
        public ulong Buffer;
        public ulong Bytes;
        public long Offset;
    }

    /// <summary>struct io_event.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Event
    {
        public ulong Data;
        public ulong Request;
        public long Result;
        public long Result2;
    }
}
