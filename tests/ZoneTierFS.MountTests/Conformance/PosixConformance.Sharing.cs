using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.Linux;
using ZoneTierFS.MountTests.Fixtures;
using Errno = Mono.Unix.Native.Errno;

namespace ZoneTierFS.MountTests.Conformance;

/// <summary>Several who use one file, and the less common calls.</summary>
public abstract partial class PosixConformance
{
    private const int RwfSync = 2;
    private const int RwfAppend = 16;

    [Fact]
    public void Scattered_memory_is_written_and_read_in_one_call()
    {
        using AlignedMemory one = new(5000), other = new(300_000), three = new(305_000);
        Noise(5000, seed: 40).CopyTo(one.GetSpan());
        Noise(300_000, seed: 41).CopyTo(other.GetSpan());
        using var file = PosixFile.Create(In("f"));
        Assert.Equal(305_000, file.TransferVector(write: true, 100, RwfSync, one, other));
        Assert.Equal(305_000, file.TransferVector(write: true, -1, 0, one, other));
        Assert.Equal(5000, file.TransferVector(write: true, 0, RwfAppend, one));
        Assert.Equal(310_100, file.Status().st_size);
        Assert.Equal(305_000, file.TransferVector(write: false, 0, 0, three));
        byte[] written = [.. Noise(5000, seed: 40), .. Noise(300_000, seed: 41)];
        Assert.Equal(written, three.GetSpan().ToArray());
        byte[] end = [.. written[^100..], .. Noise(5000, seed: 40)];
        Assert.Equal(end, file.ReadAt(6000, 305_000));
    }

    [Fact]
    public void Lines_that_several_processes_append_stay_whole()
    {
        PosixFile.Create(In("log")).Dispose();
        var lines = Enumerable.Range(0, 3).Select(writer => new string((char)('a' + writer), 100 + writer)).ToArray();
        var writers = lines.Select(line => TestProcess.StartSelf("append", In("log"), line, "100")).ToList();
        foreach (var writer in writers)
        {
            using (writer)
                Assert.Equal(0, writer.WaitForExit().ExitCode);
        }
        var found = File.ReadAllLines(In("log")).CountBy(line => line).ToDictionary();
        Assert.Equal(lines.ToDictionary(line => line, _ => 100), found);
    }

    [Fact]
    public void Locks_of_open_files_lock_between_openers_and_against_other_processes()
    {
        using var file = PosixFile.Create(In("f"));
        using var other = PosixFile.Open(In("f"), OpenFlags.O_RDWR);
        Assert.Equal((Errno)0, file.TryOpenFileLock(0, 10));
        Assert.Equal(Errno.EAGAIN, other.TryOpenFileLock(5, 10));
        Assert.Equal((Errno)0, other.TryOpenFileLock(10, 10));
        Assert.Equal((int)Errno.EAGAIN, TestProcess.RunSelf("try-fcntl", In("f")));
        Assert.Equal((Errno)0, file.TryOpenFileLock(0, 10, unlock: true));
        Assert.Equal(0, TestProcess.RunSelf("try-fcntl", In("f")));
        Assert.Equal((Errno)0, other.TryOpenFileLock(5, 10));
    }

    [Fact]
    public void An_open_file_obeys_the_mode_that_it_was_opened_with()
    {
        using var file = PosixFile.Create(In("f"));
        PosixFile.Check(Syscall.fchmod(file.Descriptor, 0));
        file.WriteAt("still"u8, 0);
        Assert.Equal("still"u8.ToArray(), file.ReadAt(10, 0));
        Assert.Equal((FilePermissions)0, file.Status().st_mode & FilePermissions.ALLPERMS);
        Assert.Equal((int)Errno.EACCES, TestProcess.RunSelf("open-as", In("f"), Nobody.ToString(provider: null)));
    }

    [Fact]
    public void Access_is_told_without_opening()
    {
        const int Exists = 0;
        const int Execute = 1;
        PosixFile.Create(In("f")).Dispose();
        Assert.Equal((Errno)0, PosixFile.Access(In("f"), Exists));
        Assert.Equal(Errno.EACCES, PosixFile.Access(In("f"), Execute));
        Assert.Equal(Errno.ENOENT, PosixFile.Access(In("missing"), Exists));
        PosixFile.Check(Syscall.chmod(In("f"), (FilePermissions)0x40));
        Assert.Equal((Errno)0, PosixFile.Access(In("f"), Execute));
    }

    [Fact]
    public void A_file_that_is_replaced_while_it_is_open_and_mapped_keeps_its_bytes()
    {
        File.WriteAllBytes(In("f"), Noise(MiB, seed: 42));
        using var file = PosixFile.Open(In("f"), OpenFlags.O_RDWR);
        file.DropCache();
        using var map = new FileMap(file, MiB, shared: true, writable: true);
        File.WriteAllBytes(In("new"), Noise(5000, seed: 43));
        PosixFile.Check(Stdlib.rename(In("new"), In("f")));
        Assert.Equal(Noise(MiB, seed: 42), map.Span.ToArray());
        map.Span[5]++;
        map.Sync();
        Assert.Equal(map.Span.ToArray(), file.ReadAt(MiB, 0));
        Assert.Equal(0ul, file.Status().st_nlink);
        Assert.Equal(Noise(5000, seed: 43), File.ReadAllBytes(In("f")));
    }

    [Theory]
    [InlineData(true, OpenFlags.O_DIRECT)]
    [InlineData(true, (OpenFlags)0)]
    [InlineData(false, OpenFlags.O_DIRECT)]
    public void Asynchronous_requests_move_every_byte(bool ring, OpenFlags flags)
    {
        using AsyncIo io = ring ? new IoUring(depth: 8) : new KernelAio(depth: 8);
        using var memory = new AlignedMemory(5 * MiB + 512);
        Noise(memory.Length, seed: 44).CopyTo(memory.GetSpan());
        using var file = PosixFile.Open(In("f"), OpenFlags.O_RDWR | OpenFlags.O_CREAT | flags);
        io.Transfer(file, memory, MiB / 2, write: true);
        memory.GetSpan().Clear();
        io.Transfer(file, memory, MiB, write: false);
        Assert.Equal(Noise(memory.Length, seed: 44), memory.GetSpan().ToArray());
        Assert.Equal(memory.Length, file.Status().st_size);
    }
}
