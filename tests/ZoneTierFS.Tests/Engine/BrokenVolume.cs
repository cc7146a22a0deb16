using System.Buffers.Binary;
using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Checking;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Journal;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Engine;

/// <summary>A closed volume with a bit of everything, whose items are changed behind the engine's back: all checksums are right, the meaning is not.</summary>
internal sealed class BrokenVolume : IAsyncDisposable
{
    public const int Length = 200_000;
    public const int LongValue = 10_000;

    private readonly VolumeFixture _fixture;

    private BrokenVolume(VolumeFixture fixture) => _fixture = fixture;

    public VolumeFixture Fixture => _fixture;
    public ulong Outer { get; private set; }
    public ulong Inner { get; private set; }

    /// <summary>outer/file, with a second name, and attributes.</summary>
    public ulong File { get; private set; }

    /// <summary>outer/inner/deep.</summary>
    public ulong Deep { get; private set; }

    /// <summary>A symbolic link in the root directory.</summary>
    public ulong Link { get; private set; }

    public static async Task<BrokenVolume> CreateAsync()
    {
        var fixture = await VolumeFixture.CreateAsync();
        var made = new BrokenVolume(fixture)
        {
            Outer = await fixture.MakeDirectoryAsync("outer"),
        };
        made.Inner = await fixture.MakeDirectoryAsync("inner", made.Outer);
        made.File = await fixture.CreateFileAsync("file", VolumeFixture.Bytes(Length, 1), made.Outer);
        made.Deep = await fixture.CreateFileAsync("deep", VolumeFixture.Bytes(Length, 2), made.Inner);
        var link = await fixture.Volume.SymlinkAsync(Volume.RootInode, VolumeFixture.Name("link"), VolumeFixture.Name("outer/file"), VolumeFixture.Root);
        made.Link = link.Value.Inode;
        Assert.True((await fixture.Volume.LinkAsync(made.File, Volume.RootInode, VolumeFixture.Name("second"))).IsOk);
        await made.SetAsync("user.short", 100);
        await made.SetAsync("user.long", LongValue);
        await fixture.CloseAsync();
        return made;
    }

    private async Task SetAsync(string name, int length) => Assert.Equal(Errno.Ok, await _fixture.Volume.SetXattrAsync(
        File, VolumeFixture.Name(name), VolumeFixture.Bytes(length, length), XattrSetMode.CreateOrReplace, killSetGroupId: false));

    /// <summary>Changes items, in a checkpoint that is whole in itself.</summary>
    public async Task BreakAsync(Action<VolumeState> change)
    {
        using var state = await OpenStateAsync();
        lock (state.Gate)
        {
            change(state);
            state.Journal.EndTransaction();
        }
        await LeftoverZones.SettleAsync(state);
        Assert.Equal(Errno.Ok, await state.Checkpointer.RunAsync());
    }

    /// <summary>All items, as hexadecimal text.</summary>
    public async Task<Dictionary<ItemKey, string>> ItemsAsync()
    {
        using var state = await OpenStateAsync();
        var items = new Dictionary<ItemKey, string>();
        lock (state.Gate)
        {
            var scan = state.Tree.Scan(ItemKey.MinValue);
            while (scan.MoveNext()) items[scan.Key] = Convert.ToHexString(scan.Value);
        }
        return items;
    }

    public Task<CheckReport> CheckAsync() =>
        Volume.CheckDevicesAsync(_fixture.Devices, _fixture.Options, _fixture.Logged, null, CancellationToken.None);

    public Task<VolumeRepair> PlanAsync() =>
        VolumeRepair.PlanAsync(_fixture.Devices, _fixture.Options, _fixture.Logged, null, CancellationToken.None);

    public async Task<IReadOnlyList<RepairStep>> RepairAsync()
    {
        await using var repair = await PlanAsync();
        await repair.RunAsync();
        return repair.Steps;
    }

    public static void ChangeRecord(VolumeState state, ulong inode, RecordChange change)
    {
        Assert.True(ItemChecks.TryRecord(state, inode, out var record));
        change(ref record);
        state.Items.PutInode(inode, record);
    }

    public static bool HasRecord(VolumeState state, params ulong[] inodes) => inodes.All(inode => ItemChecks.TryRecord(state, inode, out _));

    public static Extent FirstExtent(VolumeState state, ulong inode)
    {
        Assert.True(state.Extents.TryFind(ItemKind.Extent, inode, 0, out var extent));
        return extent;
    }

    public static void PutExtent(VolumeState state, ItemKind layer, ulong inode, Extent extent)
    {
        var value = new byte[Extent.EncodedBytesMax];
        state.Items.Put(ItemKeys.Of(inode, layer, extent.FileBlock), value.AsSpan(0, extent.Write(value)));
    }

    public static void PutEntry(VolumeState state, ulong directory, string name, ulong inode, uint mode, ulong keyPlus = 0)
    {
        var bytes = VolumeFixture.Name(name).Span;
        var value = new byte[9 + bytes.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(value, inode);
        value[8] = (byte)(mode >> 12);
        bytes.CopyTo(value.AsSpan(9));
        state.Items.Put(ItemKeys.Of(directory, ItemKind.Entry, NameKey.First(bytes) + keyPlus), value);
    }

    public static ItemKey EntryKey(ulong directory, string name) => ItemKeys.Of(directory, ItemKind.Entry, NameKey.First(VolumeFixture.Name(name).Span));

    private Task<VolumeState> OpenStateAsync() =>
        Recovery.OpenAsync(_fixture.Devices, _fixture.Options with { PassesOverDamage = true }, VolumeFixture.Environment, CancellationToken.None);

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();
}
