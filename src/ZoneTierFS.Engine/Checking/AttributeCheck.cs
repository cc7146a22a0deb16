using System.Buffers.Binary;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;

namespace ZoneTierFS.Engine.Checking;

/// <summary>Whether extended attributes are whole: well formed, under keys of their names, long values with all their parts, within the limits.</summary>
internal sealed class AttributeCheck(VolumeState state, FindingList findings)
{
    private readonly List<(ulong Key, int Length, string Name)> _long = [];
    private int _namesBytes;
    private int _totalBytes;

    public void BeginInode()
    {
        _long.Clear();
        (_namesBytes, _totalBytes) = (0, 0);
    }

    public void Attribute(ItemKey key, ReadOnlySpan<byte> value)
    {
        var inode = ItemKeys.InodeOf(key);
        if (!TryParse(key.Low, value, out var name, out var length, out var isLong))
        {
            Add(inode, key.Low, ItemRepairs.Name(name), "is malformed or under a wrong key");
            return;
        }
        _namesBytes += name.Length + 1;
        _totalBytes += name.Length + 1 + length;
        if (!isLong) return;
        _long.Add((key.Low, length, ItemRepairs.Name(name)));
        for (var (at, part) = (0, key.Low); at < length; at += XattrStore.PartBytes, part++)
        {
            if (state.Tree.TryGet(ItemKeys.Of(inode, ItemKind.XattrPart, part), out var bytes)
                && bytes.Length == Math.Min(XattrStore.PartBytes, length - at)) continue;
            Add(inode, key.Low, ItemRepairs.Name(name), $"lacks part {part - key.Low} of its value");
            return;
        }
    }

    /// <summary>A part of a long value. All attributes of its inode were seen.</summary>
    public void Part(ItemKey key)
    {
        foreach (var (first, length, _) in _long)
            if (key.Low >= first && key.Low < first + (ulong)((length + XattrStore.PartBytes - 1) / XattrStore.PartBytes)) return;
        findings.Add(Finding(ItemKeys.InodeOf(key), "a part of a long attribute belongs to none",
            ItemRepairs.Remove(key, $"a part of a long attribute of inode {ItemKeys.InodeOf(key)} that belongs to none", null)));
    }

    public void EndInode(ulong inode)
    {
        if (_totalBytes > XattrStore.TotalBytesMax || _namesBytes > XattrStore.NamesBytesMax)
            findings.Add(Finding(inode, $"the attributes have {_totalBytes} bytes, {_namesBytes} of them names, more than may be", null));
    }

    private static bool TryParse(ulong key, ReadOnlySpan<byte> value, out ReadOnlySpan<byte> name, out int length, out bool isLong)
    {
        name = default;
        (length, isLong) = (0, false);
        if (value.Length < 2) return false;
        isLong = value[0] == 0;
        var (start, count) = isLong ? (2, value[1]) : (1, value[0]);
        if (count == 0 || value.Length < start + count + (isLong ? sizeof(uint) : 0)) return false;
        name = value.Slice(start, count);
        var bytes = isLong ? BinaryPrimitives.ReadUInt32LittleEndian(value[(start + count)..]) : (uint)(value.Length - start - count);
        length = (int)Math.Min(bytes, int.MaxValue);
        if (bytes > XattrStore.ValueBytesMax || isLong && (bytes <= XattrStore.PartBytes || value.Length != start + count + sizeof(uint))) return false;
        var first = NameKey.First(name);
        return isLong ? key == first : key >= first && key < first + NameKey.SlotsMax;
    }

    private void Add(ulong inode, ulong key, string name, string problem) =>
        findings.Add(Finding(inode, $"the attribute '{name}' {problem}", ItemRepairs.RemoveAttribute(inode, key, name)));

    private CheckFinding Finding(ulong inode, string text, IRepair? repair) => ItemChecks.Finding(state, FindingKind.Attribute, inode, text, repair);
}
