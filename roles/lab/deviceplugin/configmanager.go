package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const pollPeriod = 2 * time.Second

// runConfigManager behaves as config-manager: it copies the configuration that the node's label names to where the
// plugin reads it, and signals the plugin when it changed.
func runConfigManager(ctx context.Context, _ []string) error {
	api, err := inCluster()
	if err != nil {
		return err
	}
	oneshot := os.Getenv("ONESHOT") == "true"
	for {
		changed, err := updateConfig(ctx, api)
		switch {
		case err != nil && oneshot:
			return err
		case err != nil:
			log.Printf("configuration: %v", err)
		case changed && os.Getenv("SEND_SIGNAL") == "true":
			signalPlugin(os.Getenv("PROCESS_TO_SIGNAL"), os.Getenv("SIGNAL"))
		}
		if oneshot {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollPeriod):
		}
	}
}

func updateConfig(ctx context.Context, api *cluster) (bool, error) {
	labels, err := api.nodeLabels(ctx, os.Getenv("NODE_NAME"))
	if err != nil {
		return false, err
	}
	source := os.Getenv("CONFIG_FILE_SRCDIR")
	available, err := configNames(source)
	if err != nil {
		return false, err
	}
	fallbacks := strings.Split(os.Getenv("FALLBACK_STRATEGIES"), ",")
	name, err := chooseConfig(labels[os.Getenv("NODE_LABEL")], os.Getenv("DEFAULT_CONFIG"), fallbacks, available)
	if err != nil {
		return false, err
	}
	text := []byte{}
	if name != "" {
		if text, err = os.ReadFile(filepath.Join(source, name)); err != nil {
			return false, err
		}
	}
	target := os.Getenv("CONFIG_FILE_DST")
	if old, err := os.ReadFile(target); err == nil && bytes.Equal(old, text) {
		return false, nil
	}
	log.Printf("configuration %q goes to %s", name, target)
	return true, os.WriteFile(target, text, 0o644)
}

// chooseConfig: the label's value, else the default, else what the fallback strategies find.
func chooseConfig(label, fallback string, strategies, available []string) (string, error) {
	known := map[string]bool{}
	for _, name := range available {
		known[name] = true
	}
	for _, wanted := range []string{label, fallback} {
		if wanted == "" {
			continue
		}
		if !known[wanted] {
			return "", fmt.Errorf("no configuration %q among %v: skip reconfiguration", wanted, available)
		}
		return wanted, nil
	}
	for _, strategy := range strategies {
		switch {
		case strategy == "named" && known["default"]:
			return "default", nil
		case strategy == "single" && len(available) == 1:
			return available[0], nil
		case strategy == "empty":
			return "", nil
		}
	}
	return "", fmt.Errorf("no label, no default, and no fallback among %v", available)
}

func configNames(directory string) ([]string, error) {
	entries, err := os.ReadDir(directory)
	names := []string{}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), ".") {
			names = append(names, entry.Name())
		}
	}
	return names, err
}

// signalPlugin finds the plugin by the name it was called by; the containers share a process namespace.
func signalPlugin(name, number string) {
	signal, err := strconv.Atoi(number)
	if err != nil {
		log.Printf("SIGNAL=%q is not a number", number)
		return
	}
	commands, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range commands {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		called, _, _ := strings.Cut(string(text), "\x00")
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && filepath.Base(called) == filepath.Base(name) {
			log.Printf("signal %d to %s (%d): %v", signal, name, pid, syscall.Kill(pid, syscall.Signal(signal)))
		}
	}
}
