using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Fuzz;

/// <summary>All that a program can see of a volume: names, attributes, extended attributes and bytes, one line for each name.</summary>
internal sealed class TreeListing(Volume volume)
{
    /// <summary>Of a huge file, which is nearly all hole, the first and last bytes are looked at.</summary>
    private const int ContentBytes = 1 << 20;

    private readonly SortedDictionary<string, string> _lines = new(StringComparer.Ordinal);

    public static async Task<string> OfAsync(Volume volume)
    {
        var listing = new TreeListing(volume);
        await listing.AddAsync(Volume.RootInode, "");
        return string.Join('\n', listing._lines.Select(line => line.Key + ": " + line.Value));
    }

    private async Task AddAsync(ulong directory, string path)
    {
        foreach (var (name, inode) in Entries(directory))
        {
            var status = volume.GetStatus(inode);
            if (!status.IsOk)
                throw new FuzzFailure($"{path}/{name} leads to inode {inode}, which answers {status.Error}");
            _lines[$"{path}/{name}"] = Describe(status.Value) + await ContentAsync(status.Value) + Attributes(inode);
            if (FileMode.IsDirectory(status.Value.Mode))
                await AddAsync(inode, $"{path}/{name}");
        }
    }

    private List<(string Name, ulong Inode)> Entries(ulong directory)
    {
        var sink = new Collector();
        var error = volume.ReadDirectory(directory, 0, sink);
        return error == Errno.Ok ? sink.Entries : throw new FuzzFailure($"directory {directory} cannot be listed: {error}");
    }

    private static string Describe(in FileStatus status) => string.Create(CultureInfo.InvariantCulture,
        $"{status.Inode} {status.Mode:x} {status.UserId}:{status.GroupId} links={status.LinkCount} size={status.Size} {status.ModifyTime} ");

    private async Task<string> ContentAsync(FileStatus status)
    {
        if (!FileMode.IsRegular(status.Mode))
            return "";
        var opened = await volume.OpenFileAsync(status.Inode, OpenFlags.Read);
        if (!opened.IsOk)
            throw new FuzzFailure($"inode {status.Inode} cannot be opened: {opened.Error}");
        var text = await HashAsync(opened.Value, 0) + (status.Size > ContentBytes ? await HashAsync(opened.Value, (long)status.Size - ContentBytes) : "");
        await volume.ReleaseAsync(opened.Value);
        return text;
    }

    private async Task<string> HashAsync(ulong handle, long offset)
    {
        var bytes = new byte[ContentBytes];
        var read = await volume.ReadAsync(handle, offset, bytes);
        return read.IsOk ? Convert.ToHexString(SHA256.HashData(bytes.AsSpan(0, read.Value)))[..16] + " " : throw new FuzzFailure($"a file reads {read.Error}");
    }

    private string Attributes(ulong inode)
    {
        var names = new byte[65536];
        var listed = volume.ListXattrs(inode, names);
        if (!listed.IsOk)
            throw new FuzzFailure($"the attributes of inode {inode} cannot be listed: {listed.Error}");
        var text = new StringBuilder();
        var value = new byte[65536];
        for (var rest = names.AsSpan(0, listed.Value); rest.Length > 0; rest = rest[(rest.IndexOf((byte)0) + 1)..])
        {
            var name = rest[..rest.IndexOf((byte)0)];
            var got = volume.GetXattr(inode, name, value);
            if (!got.IsOk)
                throw new FuzzFailure($"a listed attribute of inode {inode} cannot be read: {got.Error}");
            text.Append(Convert.ToHexString(name)).Append('=').Append(Convert.ToHexString(SHA256.HashData(value.AsSpan(0, got.Value))), 0, 8).Append(' ');
        }
        return text.ToString();
    }

    private sealed class Collector : IDirectorySink
    {
        public List<(string Name, ulong Inode)> Entries { get; } = [];

        public bool TryAdd(ReadOnlySpan<byte> name, ulong nextCookie, in FileStatus status)
        {
            // Latin 1 keeps every byte, where UTF-8 would make different names look the same.
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                Entries.Add((Encoding.Latin1.GetString(name), status.Inode));
            return true;
        }
    }
}
