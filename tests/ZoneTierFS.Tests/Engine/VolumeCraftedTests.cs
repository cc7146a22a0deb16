using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Fuzz.Images;
using ZoneTierFS.Linux;
using ZoneTierFS.Simulation;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Volumes with items that the engine never wrote, put in by way of a journal that is whole by its checksums.</summary>
public sealed class VolumeCraftedTests
{
    private static readonly Lazy<BaseVolume> s_base = new(() => BaseVolume.Create(seed: 77, devices: 2));
    private static readonly FileCaller s_caller = new(0, 0, 1);

    [Fact]
    public async Task A_volume_with_an_impossible_item_is_not_written_to_and_opens_for_reading()
    {
        var image = Craft(s_base.Value.Newest, ItemKeys.Of(40, ItemKind.Extent, 1 << 20), new byte[Extent.FormerEncodedBytes]);
        foreach (var device in image.Devices)
            device.IsFrozen = true; // any change throws
        var refusal = await Assert.ThrowsAsync<VolumeException>(() => OpenAsync(image));
        Assert.Equal(VolumeFault.Damaged, refusal.Fault);
        Assert.Contains("inode 40, item Extent 1048576", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("ztfs check", refusal.Message, StringComparison.Ordinal);
        var reader = new ImageReader(files: null);
        Assert.Null(reader.Read(image, new SeededRandom(1)));
        Assert.Contains(reader.Findings, finding => finding.Contains("inode 40, item Extent 1048576", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_lost_an_extent_says_so_instead_of_showing_a_hole()
    {
        var inode = s_base.Value.Files.First(file => file.Value.Size > 0).Key;
        var image = Craft(s_base.Value.Newest, ItemKeys.Of(inode, ItemKind.Extent), new byte[Extent.FormerEncodedBytes]);
        await using var volume = await OpenAsync(image, readOnly: true);
        Assert.Equal(Errno.EIO, (await volume.OpenFileAsync(inode, OpenFlags.Read)).Error);
        Assert.True(volume.GetStatus(inode).IsOk);
    }

    [Fact]
    public async Task A_name_without_an_inode_is_listed_and_leads_to_an_error()
    {
        var image = Craft(s_base.Value.Newest, ItemKeys.Of(Volume.RootInode, ItemKind.Entry, NameKey.First("lost"u8)), Entry(9000, "lost"));
        await using var volume = await OpenAsync(image, readOnly: true);
        var sink = new BoundedSink(1000);
        Assert.Equal(Errno.Ok, volume.ReadDirectory(Volume.RootInode, 0, sink));
        Assert.Contains(sink.Entries, entry => entry.Inode == 9000);
        Assert.Equal(Errno.EIO, volume.Lookup(Volume.RootInode, "lost"u8).Error);
        await Assert.ThrowsAsync<VolumeException>(() => OpenAsync(image));
    }

    [Fact]
    public async Task With_no_inode_number_left_nothing_can_be_made()
    {
        var image = Craft(s_base.Value.Newest, ItemKeys.Of(ItemKeys.InodeMax - 1, ItemKind.Inode), Record(FileMode.S_IFREG | 0x1A4, Volume.RootInode));
        await using var volume = await OpenAsync(image);
        Assert.Equal(Errno.ENOSPC, (await volume.CreateAsync(Volume.RootInode, "one-more"u8.ToArray(), FileMode.S_IFREG, 0, s_caller)).Error);
        Assert.Equal(Errno.ENOSPC, (await volume.CreateUnnamedAsync(Volume.RootInode, FileMode.S_IFREG, s_caller)).Error);
    }

    [Fact]
    public async Task Directories_in_a_circle_do_not_hold_a_rename_up()
    {
        var image = s_base.Value.Newest;
        foreach (var (inode, parent, name) in new[] { (5000ul, 5001ul, "one"), (5001ul, 5000ul, "two"), (5002ul, Volume.RootInode, "apart") })
        {
            image = Craft(image, ItemKeys.Of(inode, ItemKind.Inode), Record(FileMode.S_IFDIR | 0x1ED, parent));
            image = Craft(image, ItemKeys.Of(parent, ItemKind.Entry, NameKey.First(Encoding.UTF8.GetBytes(name))), Entry(inode, name));
        }
        await using var volume = await OpenAsync(image);
        Assert.Equal(Errno.EINVAL, await volume.RenameAsync(Volume.RootInode, "apart"u8.ToArray(), 5001, "inside"u8.ToArray(), RenameFlags.None));
    }

    [Fact]
    public async Task A_long_attribute_that_lost_a_part_is_an_error()
    {
        var inode = s_base.Value.Files.First().Key;
        byte[] item = [0, 6, .. "user.x"u8, 0, 0x20, 0, 0];
        var image = Craft(s_base.Value.Newest, ItemKeys.Of(inode, ItemKind.Xattr, NameKey.First("user.x"u8)), item);
        await using var volume = await OpenAsync(image);
        Assert.Equal(0x2000, volume.GetXattr(inode, "user.x"u8, []).Value);
        Assert.Equal(Errno.EIO, volume.GetXattr(inode, "user.x"u8, new byte[0x2000]).Error);
    }

    [Fact]
    public async Task A_list_that_is_none_leaves_the_mode_alone()
    {
        byte[] item = [(byte)"system.posix_acl_default"u8.Length, .. "system.posix_acl_default"u8, 2, 0, 0, 0, 9];
        var image = Craft(s_base.Value.Newest, ItemKeys.Of(Volume.RootInode, ItemKind.Xattr, NameKey.First("system.posix_acl_default"u8)), item);
        await using var volume = await OpenAsync(image);
        var made = await volume.CreateAsync(Volume.RootInode, "below"u8.ToArray(), FileMode.S_IFREG | 0x1B6, 0, s_caller with { Umask = 0x12 });
        Assert.Equal(FileMode.S_IFREG | 0x1A4, made.Value.Mode);
    }

    private static Task<Volume> OpenAsync(Image image, bool readOnly = false) => Volume.OpenAsync(
        image.Tiers, BaseVolume.Options with { ReadOnly = readOnly }, new VolumeEnvironment(TimeProvider.System, NullLogger.Instance), CancellationToken.None);

    /// <summary>A copy in whose newest batch with room the item is put, too.</summary>
    private static Image Craft(Image image, ItemKey key, byte[] value)
    {
        var uuid = s_base.Value.Uuid;
        var crafted = image.Copy();
        foreach (var batch in new ImageParts(crafted, uuid).Live(PartKind.Batch).OrderByDescending(part => part.Number))
        {
            var bytes = crafted.Read(batch.At, batch.Blocks);
            if (!JournalMutations.AddPut(bytes, key.High, key.Low, value))
                continue;
            Seals.Seal(PartKind.Batch, bytes, uuid);
            crafted.Write(batch.At, bytes);
            return crafted;
        }
        throw new InvalidOperationException("No batch has room for the item.");
    }

    private static byte[] Record(uint mode, ulong parent)
    {
        var record = new InodeRecord { Mode = mode, Parent = parent, LinkCount = 2 };
        return MemoryMarshal.AsBytes(new ReadOnlySpan<InodeRecord>(in record)).ToArray();
    }

    private static byte[] Entry(ulong inode, string name)
    {
        byte[] bytes = [0, 0, 0, 0, 0, 0, 0, 0, 4, .. Encoding.UTF8.GetBytes(name)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, inode);
        return bytes;
    }
}
