package main

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func config(t *testing.T, text string) *nvidiaConfig {
	t.Helper()
	parsed := &nvidiaConfig{}
	if err := yaml.Unmarshal([]byte(text), parsed); err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestNvidiaResources(t *testing.T) {
	slicing := "sharing: {timeSlicing: {resources: [{name: nvidia.com/gpu, replicas: 4}]"
	cases := []struct{ what, config, mig, want string }{
		{"whole devices", "{}", "", "nvidia.com/gpu=4"},
		{"time slicing keeps the name", slicing + "}}", "", "nvidia.com/gpu=16"},
		{"time slicing renamed", slicing + ", renameByDefault: true}}", "", "nvidia.com/gpu.shared=16"},
		{"mig ignored", "{}", "1g.10gb=2", "nvidia.com/gpu=4"},
		{"mig single", "flags: {migStrategy: single}", "1g.10gb=2", "nvidia.com/gpu=8"},
		{"mig mixed", "flags: {migStrategy: mixed}", "1g.10gb+me=1,3g.40gb=1",
			"nvidia.com/mig-1g.10gb.me=4 nvidia.com/mig-3g.40gb=4"},
	}
	for _, one := range cases {
		profiles, err := migProfiles(one.mig)
		if err != nil {
			t.Fatal(err)
		}
		found := []string{}
		for _, offered := range nvidiaResources(config(t, one.config), inventory{count: 4}, profiles) {
			found = append(found, offered.name+"="+strconv.Itoa(len(offered.units)))
		}
		if got := strings.Join(found, " "); got != one.want {
			t.Errorf("%s: %s instead of %s", one.what, got, one.want)
		}
	}
}

func TestSharedRequestOfTwoIsRefused(t *testing.T) {
	text := "sharing: {mps: {resources: [{name: nvidia.com/gpu, replicas: 2}]}}"
	offered := nvidiaResources(config(t, text), inventory{count: 1}, nil)[0]
	if _, err := offered.allocate([]string{offered.units[0].id, offered.units[1].id}); err == nil {
		t.Error("two shares of one device were given to one container")
	}
	answer, err := offered.allocate([]string{offered.units[1].id})
	if err != nil || answer.Envs["NVIDIA_VISIBLE_DEVICES"] != "GPU-51e00000-0000-0000-0000-000000000000" {
		t.Errorf("one share: %v, %v", answer, err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for text, want := range map[string]string{
		"version: v2":               "unknown version",
		"flags: {migStrategy: all}": "invalid migStrategy",
		"sharing: {timeSlicing: {resources: [{name: a, replicas: 2}]}, mps: {resources: [{name: a, replicas: 2}]}}": "exclude",
		"sharing: {timeSlicing: {resources: [{name: a, replicas: 1}]}}":                                             "at least 2",
	} {
		if err := config(t, text).check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v instead of %s", text, err, want)
		}
	}
}

func TestAscendFlagsByVersion(t *testing.T) {
	cases := []struct {
		version, argument string
		good              bool
	}{
		{"26.0.0", "-useAscendDocker=true", true},
		{"7.3.0", "-useAscendDocker=true", true},
		{"26.1.0", "-useAscendDocker=true", false},
		{"26.1.0", "--healthz-address=11251", true},
		{"26.1.0", "-noSuchFlag", false},
	}
	for _, one := range cases {
		_, err := parseAscend(one.version, []string{one.argument}, flag.ContinueOnError)
		if (err == nil) != one.good {
			t.Errorf("%s %s: %v", one.version, one.argument, err)
		}
	}
}

func TestAscendCombinations(t *testing.T) {
	for argument, good := range map[string]bool{
		"-presetVirtualDevice=true": true, "-presetVirtualDevice=false": false, "-shareDevCount=101": false,
	} {
		options, err := parseAscend("26.1.0", []string{argument}, flag.ContinueOnError)
		if err != nil || (options.check() == nil) != good {
			t.Errorf("%s: %v", argument, err)
		}
	}
}

func TestChooseConfig(t *testing.T) {
	cases := []struct {
		label, fallback string
		available       []string
		want            string
		good            bool
	}{
		{"", "base", []string{"base", "shared"}, "base", true},
		{"shared", "base", []string{"base", "shared"}, "shared", true},
		{"none", "base", []string{"base"}, "", false},
		{"", "", []string{"only"}, "only", true},
		{"", "", []string{"default", "other"}, "default", true},
		{"", "", []string{"a", "b"}, "", false},
	}
	for _, one := range cases {
		got, err := chooseConfig(one.label, one.fallback, []string{"named", "single"}, one.available)
		if got != one.want || (err == nil) != one.good {
			t.Errorf("%+v: %q, %v", one, got, err)
		}
	}
}

func TestHealthComesFromTheFile(t *testing.T) {
	directory := t.TempDir()
	if err := os.WriteFile(filepath.Join(directory, "0"), []byte("unhealthy\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(directory, "1"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	found := inventory{directory: directory, count: 3}
	for number, want := range []string{"Unhealthy", "Healthy", "Unhealthy"} {
		if got := found.health(number); got != want {
			t.Errorf("device %d: %s instead of %s", number, got, want)
		}
	}
}

func TestMPSClientsGetPipeAndSharedMemory(t *testing.T) {
	text := "sharing: {mps: {resources: [{name: nvidia.com/gpu, replicas: 2}]}}"
	offered := nvidiaResources(config(t, text), inventory{count: 1}, nil)[0]
	answer, err := offered.allocate([]string{offered.units[0].id})
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{}
	for _, mount := range answer.Mounts {
		paths = append(paths, mount.ContainerPath)
	}
	if got := strings.Join(paths, " "); got != "/mps/nvidia.com/gpu/pipe /dev/shm" {
		t.Errorf("mounts of a client: %s", got)
	}
}

func TestSharingLabels(t *testing.T) {
	sliced := map[string]int{"1g.10gb": 2}
	mps := "sharing: {mps: {resources: [{name: nvidia.com/gpu, replicas: 3}]}}"
	cases := []struct {
		config                      string
		profiles                    map[string]int
		capable, replicas, strategy string
	}{
		{"{}", nil, "false", "1", "none"},
		{mps, nil, "true", "3", "mps"},
		{mps, sliced, "false", "3", "mps"},
		{"sharing: {timeSlicing: {resources: [{name: nvidia.com/gpu, replicas: 2}]}}", nil, "false", "2", "time-slicing"},
	}
	for _, one := range cases {
		got := sharingLabels(config(t, one.config), one.profiles)
		if got[mpsCapableLabel] != one.capable || got[replicasLabel] != one.replicas || got[strategyLabel] != one.strategy {
			t.Errorf("%+v: %v", one, got)
		}
	}
}
