using System.Globalization;
using System.Text;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Linux;
using ZoneTierFS.Simulation;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>What programs do to a volume, one thing after another: enough to have every kind of item, extent and batch on its devices.</summary>
internal sealed class BaseWork(SeededRandom random)
{
    private const int FilesMax = 40;
    private const int BytesMax = 96 << 10;
    private const long FarOffset = 1L << 30;
    private const int ListEntries = 60;

    private static readonly FileCaller s_caller = new(0, 0, 1);
    private static readonly string[] s_names = ["a.txt", "model.gguf", "lora.safetensors", "kv.bin", "data.parquet", "x.tmp"];

    private readonly List<(ulong Parent, string Name, ulong Inode)> _files = [];
    private readonly List<ulong> _directories = [Volume.RootInode];
    private uint _version;

    /// <summary>Actions refused: with all refused, a volume would be empty.</summary>
    public int Refused { get; private set; }

    public async Task ActAsync(Volume volume)
    {
        var error = random.Next(20) switch
        {
            0 => await MakeDirectoryAsync(volume),
            1 => await SymlinkAsync(volume),
            2 => await LinkAsync(volume),
            3 => await RenameAsync(volume),
            4 => await UnlinkAsync(volume),
            5 or 6 => await SetXattrAsync(volume),
            7 => await SetListAsync(volume),
            8 => await PunchAsync(volume),
            9 => await ResizeAsync(volume),
            10 => await PlaceAsync(volume),
            11 => await volume.SyncAsync(),
            12 or 13 or 14 => await WriteAsync(volume, isFar: random.Chance(0.1)),
            _ => _files.Count < FilesMax ? await CreateAsync(volume) : await WriteAsync(volume, isFar: false),
        };
        if (error != Errno.Ok) Refused++;
    }

    private (ulong Parent, string Name, ulong Inode) File => _files[random.Next(_files.Count)];

    private static ReadOnlyMemory<byte> Bytes(string name) => Encoding.UTF8.GetBytes(name);

    private string NewName() => string.Create(CultureInfo.InvariantCulture, $"{random.Next(100_000)}-{random.Pick(s_names)}");

    private async Task<Errno> CreateAsync(Volume volume)
    {
        var (parent, name) = (random.Pick(_directories), NewName());
        var made = await volume.CreateAsync(parent, Bytes(name), FileMode.S_IFREG | 0x1A4, 0, s_caller);
        if (!made.IsOk) return made.Error;
        _files.Add((parent, name, made.Value.Inode));
        return await WriteAsync(volume, made.Value.Inode, 0, random.Between(1, BytesMax / TaggedContent.SectorBytes) * TaggedContent.SectorBytes);
    }

    private async Task<Errno> WriteAsync(Volume volume, bool isFar)
    {
        if (_files.Count == 0) return Errno.ENOENT;
        var offset = random.Next(BytesMax / TaggedContent.SectorBytes) * TaggedContent.SectorBytes + (isFar ? FarOffset : 0);
        return await WriteAsync(volume, File.Inode, offset, random.Between(1, 64) * TaggedContent.SectorBytes);
    }

    private async Task<Errno> WriteAsync(Volume volume, ulong inode, long offset, int length)
    {
        var bytes = new byte[length];
        TaggedContent.Fill(bytes, inode, offset, ++_version);
        var opened = await volume.OpenFileAsync(inode, OpenFlags.Read | OpenFlags.Write);
        if (!opened.IsOk) return opened.Error;
        var written = await volume.WriteAsync(opened.Value, offset, bytes, append: false, killSetId: false);
        if (random.Chance(0.4)) await volume.FsyncAsync(opened.Value, dataOnly: false);
        await volume.ReleaseAsync(opened.Value);
        return written.Error;
    }

    private async Task<Errno> MakeDirectoryAsync(Volume volume)
    {
        var made = await volume.MakeDirectoryAsync(random.Pick(_directories), Bytes(NewName()), 0x1ED, s_caller);
        if (made.IsOk) _directories.Add(made.Value.Inode);
        return made.Error;
    }

    private async Task<Errno> SymlinkAsync(Volume volume)
    {
        var target = new string('t', random.Chance(0.2) ? random.Between(1000, 4095) : random.Between(1, 60));
        return (await volume.SymlinkAsync(random.Pick(_directories), Bytes(NewName()), Bytes(target), s_caller)).Error;
    }

    private async Task<Errno> LinkAsync(Volume volume)
    {
        if (_files.Count == 0) return Errno.ENOENT;
        var (parent, name) = (random.Pick(_directories), NewName());
        var made = await volume.LinkAsync(File.Inode, parent, Bytes(name));
        return made.Error;
    }

    private async Task<Errno> RenameAsync(Volume volume)
    {
        if (_files.Count == 0) return Errno.ENOENT;
        var at = random.Next(_files.Count);
        var (parent, name) = (random.Pick(_directories), NewName());
        var error = await volume.RenameAsync(_files[at].Parent, Bytes(_files[at].Name), parent, Bytes(name), RenameFlags.None);
        if (error == Errno.Ok) _files[at] = (parent, name, _files[at].Inode);
        return error;
    }

    private async Task<Errno> UnlinkAsync(Volume volume)
    {
        if (_files.Count < FilesMax / 2) return Errno.ENOENT;
        var at = random.Next(_files.Count);
        var error = await volume.UnlinkAsync(_files[at].Parent, Bytes(_files[at].Name));
        if (error == Errno.Ok) _files.RemoveAt(at);
        return error;
    }

    private async Task<Errno> SetXattrAsync(Volume volume)
    {
        if (_files.Count == 0) return Errno.ENOENT;
        var value = new byte[random.Chance(0.2) ? random.Between(4000, 20_000) : random.Next(100)];
        random.Fill(value);
        return await volume.SetXattrAsync(File.Inode, Bytes($"user.{NewName()}"), value, XattrSetMode.CreateOrReplace);
    }

    private async Task<Errno> SetListAsync(Volume volume)
    {
        // The owner, named users, the group, the mask and others, as setfacl writes them; some lists are long.
        var users = random.Chance(0.2) ? ListEntries : 1;
        byte[] tags = [1, .. Enumerable.Repeat((byte)2, users), 4, 16, 32];
        var list = new byte[4 + tags.Length * 8];
        list[0] = 2;
        for (var entry = 0; entry < tags.Length; entry++)
            (list[4 + entry * 8], list[6 + entry * 8], list[8 + entry * 8]) = (tags[entry], 6, (byte)entry);
        var name = random.Chance(0.5) ? "system.posix_acl_access" : "system.posix_acl_default";
        return await volume.SetXattrAsync(random.Pick(_directories), Bytes(name), list, XattrSetMode.CreateOrReplace);
    }

    private async Task<Errno> PunchAsync(Volume volume)
    {
        if (_files.Count == 0) return Errno.ENOENT;
        var opened = await volume.OpenFileAsync(File.Inode, OpenFlags.Read | OpenFlags.Write);
        if (!opened.IsOk) return opened.Error;
        var (offset, length) = (random.Next(64) * TaggedContent.SectorBytes, random.Between(1, 64) * TaggedContent.SectorBytes);
        var error = await volume.AllocateAsync(opened.Value, AllocateMode.PunchHole, offset, length);
        await volume.ReleaseAsync(opened.Value);
        return error;
    }

    private async Task<Errno> ResizeAsync(Volume volume)
    {
        if (_files.Count == 0) return Errno.ENOENT;
        var size = (ulong)(random.Next(BytesMax / TaggedContent.SectorBytes) * TaggedContent.SectorBytes);
        return (await volume.SetStatusAsync(File.Inode, new FileStatusChanges { Size = size })).Error;
    }

    private async Task<Errno> PlaceAsync(Volume volume)
    {
        if (_files.Count == 0) return Errno.ENOENT;
        var inode = File.Inode;
        if (random.Chance(0.5)) return volume.Warm(inode);
        return random.Chance(0.5)
            ? await volume.SetPinAsync(inode, random.Pick([null, "tlc", "qlc"]))
            : await volume.SetClassAsync(inode, random.Pick([FileClass.Weights, FileClass.Kv, FileClass.Dataset]));
    }
}
