using System.Text;
using System.Text.Json;
using Xunit;
using ZoneTierFS.Cli.Serving;
using ZoneTierFS.Engine;
using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;
using ZoneTierFS.Tests.Engine;

namespace ZoneTierFS.Tests.Cli.Serving;

/// <summary>The attributes as the kernel asks for them, through the adapter, on a real volume.</summary>
public sealed class ControlAttributesTests : IAsyncLifetime
{
    private static readonly FileCaller Stranger = new(1000, 1000, 1);
    private VolumeFixture _fixture = null!;
    private VolumeFileSystem _files = null!;
    private ulong _file;

    public async Task InitializeAsync()
    {
        _fixture = await VolumeFixture.CreateAsync();
        var identity = new MountIdentity(42, "/mnt/here", "models", "/etc/volume.json");
        _files = new VolumeFileSystem(_fixture.Volume, new ControlAttributes(_fixture.Volume, identity, "tlc"));
        _file = await _fixture.CreateFileAsync("model.gguf", [.. "GGUF"u8, .. VolumeFixture.Bytes(2 << 20, 1)]);
        await _fixture.Volume.SyncAsync();
    }

    public async Task DisposeAsync() => await _fixture.DisposeAsync();

    [Theory]
    [InlineData("class", "weights")]
    [InlineData("class.reason", "GGUF")]
    [InlineData("tier", "qlc")]
    [InlineData("heat", "short=")]
    [InlineData("sealed", "")]
    [InlineData("extents", "[{\"fileOffset\":0,")]
    [InlineData("explain", "\"path\":\"/model.gguf\"")]
    public async Task WhatAFileIsCanBeRead(string name, string part) => Assert.Contains(part, await GetAsync(_file, name), StringComparison.Ordinal);

    [Theory]
    [InlineData("pin")]
    [InlineData("warm")]
    [InlineData("status")]
    [InlineData("nothing")]
    public async Task WhatIsNotThereIsNoData(string name) =>
        Assert.Equal(Errno.ENODATA, (await _files.GetXattrAsync(_file, Name(name), new byte[100], VolumeFixture.Root)).Error);

    [Fact]
    public async Task AValueIsMeasuredWithoutMemoryAndRefusedToShortMemory()
    {
        Assert.Equal(7, (await _files.GetXattrAsync(_file, Name("class"), Memory<byte>.Empty, VolumeFixture.Root)).Value);
        Assert.Equal(Errno.ERANGE, (await _files.GetXattrAsync(_file, Name("class"), new byte[6], VolumeFixture.Root)).Error);
    }

    /// <summary>The longest value that the kernel passes on is 64 KiB: it must not be turned into text to find out that it is no class.</summary>
    [Fact]
    public async Task AValueThatIsTooLongIsRefusedUnread()
    {
        var value = new byte[65536];
        value.AsSpan().Fill((byte)' ');
        "kv"u8.CopyTo(value);
        Assert.Equal(Errno.Ok, await _files.SetXattrAsync(_file, Name("class"), value.AsMemory(0, 64), 0, false, VolumeFixture.Root));
        Assert.Equal(Errno.EINVAL, await _files.SetXattrAsync(_file, Name("class"), value.AsMemory(0, 65), 0, false, VolumeFixture.Root));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(Errno.EINVAL, await _files.SetXattrAsync(_file, Name("class"), value, 0, false, VolumeFixture.Root));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, value.Length);
    }

    [Fact]
    public async Task TheListHoldsWhatIsStoredAndWhatIsComputed()
    {
        await _files.SetXattrAsync(_file, "user.note"u8.ToArray(), "x"u8.ToArray(), 0, false, VolumeFixture.Root);
        await SetAsync(_file, "pin", "tlc");
        var length = (await _files.ListXattrsAsync(_file, Memory<byte>.Empty, VolumeFixture.Root)).Value;
        var list = new byte[length];
        Assert.Equal(length, (await _files.ListXattrsAsync(_file, list, VolumeFixture.Root)).Value);
        string[] computed = ["class", "class.reason", "tier", "heat", "sealed", "pin", "extents"];
        Assert.Equal(["user.note", .. computed.Select(name => ControlAttributes.Prefix + name)], Encoding.UTF8.GetString(list).TrimEnd('\0').Split('\0'));
        Assert.Equal(Errno.ERANGE, (await _files.ListXattrsAsync(_file, new byte[length - 1], VolumeFixture.Root)).Error);
    }

    [Fact]
    public async Task TheRootSaysHowTheMountIs()
    {
        using var status = JsonDocument.Parse(await GetAsync(Volume.RootInode, "status"));
        Assert.Equal(42, status.RootElement.GetProperty("pid").GetInt32());
        Assert.Equal("/mnt/here", status.RootElement.GetProperty("mountpoint").GetString());
        Assert.Equal(2, status.RootElement.GetProperty("volume").GetProperty("tiers").GetArrayLength());
        Assert.True(status.RootElement.GetProperty("process").GetProperty("residentBytes").GetInt64() > 0);
        Assert.Equal("user.ztfs.status\0"u8.Length, (await _files.ListXattrsAsync(Volume.RootInode, Memory<byte>.Empty, VolumeFixture.Root)).Value);
    }

    [Fact]
    public async Task TheClassCanBeSetAndLeftToTheRulesAgain()
    {
        Assert.Equal(Errno.Ok, await SetAsync(_file, "class", "kv\n"));
        Assert.Equal("kv", await GetAsync(_file, "class"));
        Assert.Equal(Errno.Ok, await _files.RemoveXattrAsync(_file, Name("class"), VolumeFixture.Root));
        Assert.Equal("weights", await GetAsync(_file, "class"));
    }

    [Fact]
    public async Task APinCanBeSetAndRemoved()
    {
        Assert.Equal(Errno.Ok, await SetAsync(_file, "pin", "tlc"));
        Assert.Equal("tlc", await GetAsync(_file, "pin"));
        Assert.Equal(Errno.Ok, await _files.RemoveXattrAsync(_file, Name("pin"), VolumeFixture.Root));
        Assert.Equal(Errno.ENODATA, (await _files.GetXattrAsync(_file, Name("pin"), new byte[100], VolumeFixture.Root)).Error);
    }

    [Theory]
    [InlineData("class", "weight")]
    [InlineData("class", "1")]
    [InlineData("class", "Weights")]
    [InlineData("pin", "mars")]
    [InlineData("pin", "")]
    [InlineData("warm", "yes")]
    [InlineData("evict", "0")]
    [InlineData("tier", "tlc")]
    [InlineData("sealed", "1")]
    [InlineData("color", "red")]
    public async Task WhatCannotBeSetIsInvalid(string name, string value) => Assert.Equal(Errno.EINVAL, await SetAsync(_file, name, value));

    [Theory]
    [InlineData("warm")]
    [InlineData("evict")]
    public async Task ActsAreTaken(string name) => Assert.Equal(Errno.Ok, await SetAsync(_file, name, "1"));

    [Fact]
    public async Task OnlyTheOwnerAndRootMayChange()
    {
        Assert.Equal(Errno.EPERM, await SetAsync(_file, "class", "kv", Stranger));
        Assert.Equal(Errno.EPERM, await _files.RemoveXattrAsync(_file, Name("pin"), Stranger));
        await _fixture.Volume.SetStatusAsync(_file, new FileStatusChanges { UserId = Stranger.UserId });
        Assert.Equal(Errno.Ok, await SetAsync(_file, "class", "kv", Stranger));
        Assert.Equal("kv", await GetAsync(_file, "class"));
    }

    [Fact]
    public async Task OnlyTheDaemonsUserAndRootMayAskForTheStatus()
    {
        var into = new byte[ControlAttributes.ValueBytesMax];
        Assert.Equal(Errno.EPERM, (await _files.GetXattrAsync(Volume.RootInode, Name("status"), into, Stranger)).Error);
        Assert.Equal(Errno.Ok, (await _files.GetXattrAsync(Volume.RootInode, Name("status"), into, VolumeFixture.Root)).Error);
        var identity = new MountIdentity(42, "/mnt/here", "models", "/etc/volume.json", Stranger.UserId);
        var theirs = new VolumeFileSystem(_fixture.Volume, new ControlAttributes(_fixture.Volume, identity, "tlc"));
        Assert.Equal(Errno.Ok, (await theirs.GetXattrAsync(Volume.RootInode, Name("status"), into, Stranger)).Error);
    }

    [Fact]
    public async Task AScrubIsStartedAndAskedForOnTheRoot()
    {
        Assert.Equal(Errno.Ok, await SetAsync(Volume.RootInode, "scrub", "start"));
        await Eventually.HoldsAsync(() => _fixture.Volume.GetVolumeStatus().Scrub is { Running: false, Finished: not null });
        var into = new byte[ControlAttributes.ValueBytesMax];
        var length = (await _files.GetXattrAsync(Volume.RootInode, Name("scrub"), into, VolumeFixture.Root)).Value;
        using var status = JsonDocument.Parse(into.AsMemory(0, length));
        Assert.False(status.RootElement.GetProperty("running").GetBoolean());
        Assert.Equal(0, status.RootElement.GetProperty("lostBlocks").GetInt64());
        Assert.True(status.RootElement.GetProperty("bytesRead").GetInt64() > 2 << 20);
        Assert.Equal(Errno.Ok, await SetAsync(Volume.RootInode, "scrub", "stop"));
    }

    [Fact]
    public async Task OnlyTheDaemonsUserAndRootMayScrub()
    {
        Assert.Equal(Errno.EPERM, await SetAsync(Volume.RootInode, "scrub", "start", Stranger));
        Assert.Equal(Errno.EPERM, (await _files.GetXattrAsync(Volume.RootInode, Name("scrub"), new byte[4096], Stranger)).Error);
        Assert.Equal(Errno.EINVAL, await SetAsync(Volume.RootInode, "scrub", "1"));
        Assert.Equal(Errno.EINVAL, await SetAsync(_file, "scrub", "start"));
        Assert.Equal(Errno.ENODATA, (await _files.GetXattrAsync(_file, Name("scrub"), new byte[4096], VolumeFixture.Root)).Error);
    }

    [Fact]
    public async Task DirectoriesHaveNoPlace()
    {
        var directory = (await _fixture.Volume.MakeDirectoryAsync(Volume.RootInode, VolumeFixture.Name("d"), 0x1ED, VolumeFixture.Root)).Value.Inode;
        Assert.Equal(Errno.ENODATA, (await _files.GetXattrAsync(directory, Name("class"), new byte[100], VolumeFixture.Root)).Error);
        Assert.Equal(Errno.EINVAL, await SetAsync(directory, "class", "kv"));
        Assert.Equal(0, (await _files.ListXattrsAsync(directory, Memory<byte>.Empty, VolumeFixture.Root)).Value);
    }

    [Theory]
    [InlineData("system.anything")]
    [InlineData("other.name")]
    [InlineData("name")]
    public async Task OtherNamespacesAreRefused(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        Assert.Equal(Errno.EOPNOTSUPP, await _files.SetXattrAsync(_file, bytes, "x"u8.ToArray(), 0, false, VolumeFixture.Root));
        Assert.Equal(Errno.EOPNOTSUPP, (await _files.GetXattrAsync(_file, bytes, Memory<byte>.Empty, VolumeFixture.Root)).Error);
        Assert.Equal(Errno.EOPNOTSUPP, await _files.RemoveXattrAsync(_file, bytes, VolumeFixture.Root));
    }

    private static byte[] Name(string name) => Encoding.UTF8.GetBytes(ControlAttributes.Prefix + name);

    private async Task<string> GetAsync(ulong inode, string name)
    {
        var caller = name == "status" ? VolumeFixture.Root : Stranger;
        var into = new byte[ControlAttributes.ValueBytesMax];
        var length = await ((IFuseFileSystem)_files).GetXattrAsync(inode, Name(name), into, caller);
        Assert.Equal(Errno.Ok, length.Error);
        return Encoding.UTF8.GetString(into, 0, length.Value);
    }

    private ValueTask<Errno> SetAsync(ulong inode, string name, string value, FileCaller? caller = null) =>
        _files.SetXattrAsync(inode, Name(name), Encoding.UTF8.GetBytes(value), 0, false, caller ?? VolumeFixture.Root);
}
